import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { TulleError } from '@tulle/model';
import type { ApiCredentials, CredentialOptions } from './api-credentials.ts';
import { toApiError, unreachable } from './api-status.ts';
import { splitLines } from './split-lines.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query: `/api/v1/namespaces/emojivoto/pods?limit=500`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** `application/json` where absent; a PATCH names its kind. */
  readonly contentType?: string;
}

/** A header that is sent several times, as `Impersonate-Group` is, has an array. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[]>>;

/**
 * The Kubernetes API over HTTP/1.1, with the credentials of a kubeconfig or of the pod. Connections are kept and
 * reused; the library's own client makes a new one, and a TLS handshake, for every request.
 */
export interface KubernetesApi {
  /** @throws TulleError the API server's own refusal, or `unavailable` when it cannot be reached. */
  request<T>(request: ApiRequest): Promise<T>;
  /** The answer as text, for logs. @throws TulleError as {@link request}. */
  text(path: string): Promise<string>;
  /**
   * Calls `onLine` with each line of a stream until it ends. A stream that is silent longer than `idleTimeoutMs` is cut.
   * @throws TulleError as {@link request}, also when the connection breaks.
   */
  lines(
    path: string,
    onLine: (line: string) => void,
    options: {
      readonly signal: AbortSignal;
      readonly idleTimeoutMs: number;
      /** The server has answered; lines come as they happen. */
      readonly onOpen?: () => void;
    },
  ): Promise<void>;
  /** The same server with these headers on every request: a person's token, or `Impersonate-User`. */
  withHeaders(headers: RequestHeaders): KubernetesApi;
  /** Closes idle connections. */
  close(): void;
}

const ANSWER_TIMEOUT_MS = 30_000;
/** A connection whose other end is gone is noticed this long, and some seconds of probes, after its last byte. */
const KEEP_ALIVE_DELAY_MS = 15_000;
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export function createKubernetesApi(credentials: ApiCredentials): KubernetesApi {
  const { server } = credentials;
  const base = new URL(server.endsWith('/') ? server : `${server}/`);
  const agents = createAgents(base.protocol);
  const othersAgents = createAgents(base.protocol);
  return withHeaders({});

  async function open(
    { method, path, body, contentType }: ApiRequest,
    extra: RequestHeaders,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const who = withoutOwnCertificate(await credentials.options(), extra);
    const text = body === undefined ? null : JSON.stringify(body);
    const options: https.RequestOptions = {
      method,
      agent: ('authorization' in extra ? othersAgents : agents).of(who),
      ...(who.auth === undefined ? {} : { auth: who.auth }),
      ...(signal === undefined ? { timeout: ANSWER_TIMEOUT_MS } : { signal }),
      headers: {
        accept: 'application/json',
        ...who.headers,
        ...extra,
        ...(text === null
          ? {}
          : {
              'content-type': contentType ?? 'application/json',
              'content-length': Buffer.byteLength(text),
            }),
      },
    };
    return new Promise((resolve, reject) => {
      const url = new URL(path.replace(/^\//, ''), base);
      const outgoing =
        base.protocol === 'https:' ? https.request(url, options) : http.request(url, options);
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 30 s')));
      outgoing.on('error', (cause) => reject(unreachable(cause)));
      outgoing.on('response', resolve);
      outgoing.end(text ?? undefined);
    });
  }

  function withHeaders(extra: RequestHeaders): KubernetesApi {
    async function ask(request: ApiRequest): Promise<string> {
      const answer = await open(request, extra);
      const text = await readAll(answer);
      const status = answer.statusCode ?? 500;
      if (status < 300) return text;
      throw toApiError(status, text);
    }
    return {
      request: async <T>(request: ApiRequest) => JSON.parse(await ask(request)) as T,
      text: (path) => ask({ method: 'GET', path }),
      async lines(path, onLine, { signal, idleTimeoutMs, onOpen }) {
        const answer = await open({ method: 'GET', path }, extra, signal);
        const status = answer.statusCode ?? 500;
        if (status !== 200) throw toApiError(status, await readAll(answer));
        onOpen?.();
        answer.setTimeout(idleTimeoutMs, () => {
          answer.destroy(new Error(`silent for ${idleTimeoutMs / 1000} s`));
        });
        await splitLines(answer, onLine).catch((cause: Error) => {
          throw cause instanceof TulleError ? cause : unreachable(cause);
        });
      },
      withHeaders: (headers) => withHeaders({ ...extra, ...headers }),
      close: () => {
        agents.close();
        othersAgents.close();
      },
    };
  }
}

/** The API server believes a client certificate before a token: with ours a person's request would be made as us. */
function withoutOwnCertificate(own: CredentialOptions, extra: RequestHeaders): CredentialOptions {
  if (!('authorization' in extra)) return own;
  const { cert: _cert, key: _key, auth: _auth, ...rest } = own;
  return rest;
}

/** One agent as long as the certificates stay the same: the pod's CA file and client certificates are renewed on disk. */
function createAgents(protocol: string): {
  of(who: CredentialOptions): http.Agent;
  close(): void;
} {
  let key = '';
  let agent: http.Agent | null = null;
  const options = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_DELAY_MS } as const;
  return {
    of(who) {
      if (who.agent !== undefined) return who.agent;
      const { ca, cert, key: clientKey, rejectUnauthorized, servername } = who;
      const now = [ca, cert, clientKey, rejectUnauthorized, servername].map(String).join('\n');
      if (agent !== null && now === key) return agent;
      key = now;
      const tls = {
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(clientKey === undefined ? {} : { key: clientKey }),
        ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
        ...(servername === undefined ? {} : { servername }),
      };
      // The old agent's connections end by themselves: those in use when their stream does, idle ones soon.
      agent =
        protocol === 'https:' ? new https.Agent({ ...options, ...tls }) : new http.Agent(options);
      return agent;
    },
    close: () => agent?.destroy(),
  };
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw unreachable(cause as Error);
  }
  if (size > MAX_BODY_BYTES) {
    throw new TulleError('internal', 'The Kubernetes API sent an answer longer than 64 MiB.');
  }
  return Buffer.concat(chunks, size).toString('utf8');
}
