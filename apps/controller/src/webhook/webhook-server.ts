/** An HTTPS server that the API server asks about objects before it keeps them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { STATUS_OF, TulleError } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';
import type { SocketAddress } from '../config/controller-config.ts';
import {
  answerReview,
  parseReview,
  type AdmissionRequest,
  type Verdict,
} from './admission-review.ts';
import type { CertificateSource, ServingPair } from './certificate-source.ts';

export interface WebhookServerOptions {
  readonly listen: SocketAddress;
  /** For messages: the variable that names the address. */
  readonly variable: string;
  readonly certificate: CertificateSource;
  /** What it throws is answered with the status of its code; the API server then goes by the webhook's failurePolicy. */
  readonly review: (request: AdmissionRequest) => Promise<Verdict>;
  readonly log: Logger;
}

export interface WebhookServer {
  readonly port: number;
  close(): Promise<void>;
}

/** An object has at most 1.5 MiB in etcd; a review of a change holds two. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Starts it; until the certificate is there, handshakes fail. A new certificate is in force for the next connection.
 * @throws TulleError `unavailable` when the address cannot be listened on.
 */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { listen, certificate, log } = options;
  const server = createServer(
    {
      ...tlsOf(certificate.current()),
      minVersion: 'TLSv1.2',
      requestTimeout: REQUEST_TIMEOUT_MS,
    },
    (request, response) => {
      answer(request, options).then(
        (text) => sendJson(response, 200, text),
        (reason: unknown) => {
          const error = TulleError.from(reason);
          if (error.code === 'internal') log.error({ error }, 'a review failed because of a bug');
          sendJson(response, STATUS_OF[error.code].http, JSON.stringify({ error: error.toBody() }));
        },
      );
    },
  );
  server.on('tlsClientError', (error) => log.debug({ error }, 'a TLS handshake failed'));
  certificate.onChange((pair) => server.setSecureContext(tlsOf(pair)));
  await new Promise<void>((resolve, reject) => {
    const { host, port } = listen;
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const sentence =
        cause.code === 'EADDRINUSE'
          ? `${host}:${port} is taken by another program; choose another with ${options.variable}.`
          : `Cannot listen on ${host}:${port} (${options.variable}): ${cause.message}.`;
      reject(new TulleError('unavailable', sentence, { cause }));
    });
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeIdleConnections();
      }),
  };
}

function tlsOf(pair: ServingPair | null): { cert?: string; key?: string } {
  return pair === null ? {} : { cert: pair.certPem, key: pair.keyPem };
}

async function answer(request: IncomingMessage, options: WebhookServerOptions): Promise<string> {
  if (request.method !== 'POST') {
    throw new TulleError('not_found', 'Admission reviews are sent with POST.');
  }
  const review = parseReview(await readBody(request));
  return answerReview(review.uid, await options.review(review));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      throw new TulleError('invalid_argument', `A review has at most ${MAX_BODY_BYTES} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function sendJson(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
