import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { keyOf, STATUS_OF, TulleError } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';
import type { SocketAddress } from '../config/controller-config.ts';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import type { TapHub } from '../tap/index.ts';
import type { CertificateSource } from '../webhook/certificate-source.ts';
import { authorizeTap } from './authorize-tap.ts';
import { callerOf } from './caller.ts';
import { discoveryAt } from './discovery.ts';
import { readTapQuery, streamExchanges } from './exchange-stream.ts';
import type { FrontProxy, WatchedFrontProxy } from './front-proxy.ts';
import { streamEvents, type LinkerdTapDeps } from './linkerd-tap.ts';
import { readTapPath, type TapTarget } from './tap-path.ts';

export interface TapApiOptions extends LinkerdTapDeps {
  readonly listen: SocketAddress;
  readonly certificate: CertificateSource;
  readonly frontProxy: Pick<WatchedFrontProxy, 'current' | 'onChange'>;
  readonly api: Pick<KubernetesApi, 'request'>;
  readonly hub: Pick<TapHub, 'open'>;
  readonly log: Logger;
}

export interface TapApiServer {
  /** The port in use. */
  readonly port: number;
  /** Ends every tap. */
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;

/**
 * The aggregated API `tap.linkerd.io/v1alpha1`. Below a resource's path, `POST …/tap` is Linkerd's tap, and `GET …/tap`
 * is ours: whole exchanges as JSON lines, so that `kubectl get --raw` taps too.
 * @throws TulleError `unavailable` when the address cannot be listened on
 */
export async function startTapApi(options: TapApiOptions): Promise<TapApiServer> {
  const { listen, certificate, frontProxy, log } = options;
  const server = createServer(
    {
      ...tlsOf(certificate, frontProxy.current()),
      minVersion: 'TLSv1.2',
      // Whoever shows no certificate may read what is here; the answer to the others says what is missing.
      requestCert: true,
      rejectUnauthorized: false,
      headersTimeout: HEADERS_TIMEOUT_MS,
    },
    (request, response) => {
      answer(request, response, options).catch((reason: unknown) => {
        const error = TulleError.from(reason);
        if (error.code === 'internal') log.error({ error }, 'a tap failed because of a bug');
        else if (error.code !== 'not_found')
          log.info({ reason: error.message }, 'a tap was refused');
        sendStatus(response, error);
      });
    },
  );
  const renew = (): void => server.setSecureContext(tlsOf(certificate, frontProxy.current()));
  certificate.onChange(renew);
  frontProxy.onChange(renew);
  server.on('tlsClientError', (error) => log.debug({ error }, 'a TLS handshake failed'));
  await new Promise<void>((resolve, reject) => {
    const where = `${listen.host}:${listen.port}`;
    server.once('error', (cause) =>
      reject(
        new TulleError(
          'unavailable',
          `Cannot listen on ${where} (TULLE_TAP_ADDR): ${cause.message}.`,
          { cause },
        ),
      ),
    );
    server.listen(listen.port, listen.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** Without the authority no certificate of a client counts: Node would take the public ones for it. */
function tlsOf(
  certificate: CertificateSource,
  frontProxy: FrontProxy | null,
): { cert?: string; key?: string; ca: string[] } {
  const pair = certificate.current();
  const ca = frontProxy === null ? [] : [frontProxy.authoritiesPem];
  return pair === null ? { ca } : { cert: pair.certPem, key: pair.keyPem, ca };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: TapApiOptions,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://tap');
  const document = request.method === 'GET' ? discoveryAt(pathname) : null;
  if (document !== null) {
    sendDocument(response, document);
    return;
  }
  const target = readTapPath(pathname);
  if (target === null) throw new TulleError('not_found', `There is nothing at ${pathname}.`);
  await tap(target, searchParams, { request, response }, options);
}

async function tap(
  target: TapTarget,
  query: URLSearchParams,
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse },
  options: TapApiOptions,
): Promise<void> {
  const { request, response } = exchange;
  const caller = callerOf(request, options.frontProxy.current());
  await authorizeTap(options.api, caller, target);
  options.log.info({ user: caller.user, resource: keyOf(target.ref) }, 'a tap begins');
  switch (request.method) {
    case 'GET':
      streamExchanges(options.hub, readTapQuery(target.ref, query), request, response);
      return;
    case 'POST':
      streamEvents(options, target, await readBody(request), exchange);
      return;
    default:
      throw new TulleError('invalid_argument', 'A tap is asked for with POST or GET.');
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      throw new TulleError('invalid_argument', `A request has at most ${MAX_BODY_BYTES} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function sendDocument(response: ServerResponse, document: unknown): void {
  const isText = typeof document === 'string';
  const text = isText ? document : JSON.stringify(document);
  response.writeHead(200, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** A refusal as Kubernetes says it, so that `kubectl` shows the sentence. */
function sendStatus(response: ServerResponse, error: TulleError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const code = STATUS_OF[error.code].http;
  const issues = error.issues.map(({ path, message }) => ({ field: path, message }));
  const body = JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message: error.code === 'internal' ? 'the tap API failed' : error.message,
    reason: REASON_OF[code] ?? 'InternalError',
    code,
    ...(issues.length === 0 ? {} : { details: { causes: issues } }),
  });
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

const REASON_OF: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};
