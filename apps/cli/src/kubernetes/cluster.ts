/** A cluster as a command sees it: whom it talks to, plain requests, and port-forwards. */
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';
import { TulleError, type ErrorCode } from '@tulle/model';
import { openPortForward, type PortForwarding } from './port-forward.ts';

/** As kubectl's flags of the same names. */
export interface ClusterOptions {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

export interface Cluster {
  /** Address of the API server. */
  readonly server: string;
  /** @throws TulleError: `not_found`, `permission_denied` … with the API server's own words, or `unavailable`. */
  get<T>(path: string): Promise<T>;
  /** The token that the kubeconfig gives this person, if any: static, by exec plugin or by OIDC. */
  bearerToken(): Promise<string | null>;
  /** Forwards a port of this machine (0 takes a free one) to a port of a pod. */
  forward(target: ForwardTarget, localPort: number, address?: string): Promise<PortForwarding>;
}

export interface ForwardTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

const TIMEOUT_MS = 10_000;

/**
 * Reads the kubeconfig; asks nothing of the cluster yet.
 * @throws TulleError `invalid_argument` when there is none, or not the context that was named.
 */
export async function loadCluster(options: ClusterOptions): Promise<Cluster> {
  const config = await loadKubeConfig(options);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) {
    throw new TulleError(
      'invalid_argument',
      'There is no Kubernetes cluster to talk to: name a kubeconfig with --kubeconfig or KUBECONFIG, and a context of it with --context.',
    );
  }
  return {
    server,
    get: async <T>(path: string) => (await get(config, server, path)) as T,
    bearerToken: () => bearerToken(config),
    forward: (target, localPort, address = '127.0.0.1') =>
      openPortForward(config, target, localPort, address),
  };
}

async function loadKubeConfig({ kubeconfig, context }: ClusterOptions): Promise<KubeConfig> {
  // Loaded here and not above: most commands have no need of it, and it takes a while.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TulleError('invalid_argument', `The kubeconfig cannot be read: ${reason}`, { cause });
  }
  if (context === undefined) return config;
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context)) {
    throw new TulleError(
      'invalid_argument',
      `The kubeconfig has no context "${context}"; it has ${names.join(', ') || 'none'}.`,
    );
  }
  config.setCurrentContext(context);
  return config;
}

async function get(config: KubeConfig, server: string, path: string): Promise<unknown> {
  const url = new URL(server + path);
  const options: RequestOptions = { headers: { accept: 'application/json' }, timeout: TIMEOUT_MS };
  await config.applyToHTTPSOptions(options);
  const isPlain = url.protocol === 'http:';
  // The kubeconfig's agent speaks TLS only.
  if (isPlain) delete options.agent;
  const send = isPlain ? httpRequest : httpsRequest;
  const { status, body } = await new Promise<{ status: number; body: string }>(
    (resolve, reject) => {
      const request = send(url, options, (response) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      });
      request.once('timeout', () => request.destroy(new Error('it did not answer in time')));
      request.once('error', (cause) => reject(unreachable(server, cause)));
      request.end();
    },
  );
  if (status >= 200 && status < 300) return body === '' ? null : parse(body, server);
  throw refused(status, body, server, path);
}

async function bearerToken(config: KubeConfig): Promise<string | null> {
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const headers = options.headers as Readonly<Record<string, unknown>> | undefined;
  const value = Object.entries(headers ?? {}).find(([n]) => n.toLowerCase() === 'authorization');
  return typeof value?.[1] === 'string' ? (/^Bearer (.+)$/.exec(value[1])?.[1] ?? null) : null;
}

function parse(body: string, server: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw unreachable(server, new Error('what answers is not Kubernetes', { cause }));
  }
}

function unreachable(server: string, cause: Error): TulleError {
  return new TulleError(
    'unavailable',
    `The Kubernetes API at ${server} cannot be reached: ${cause.message}`,
    { cause },
  );
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
};

function refused(status: number, body: string, server: string, path: string): TulleError {
  let message = `${path} was answered with ${status}`;
  try {
    message = (JSON.parse(body) as { readonly message?: string }).message ?? message;
  } catch {
    // Not a Status object: the sentence above says what is known.
  }
  const code = CODES[status];
  return code !== undefined
    ? new TulleError(code, message)
    : unreachable(server, new Error(message));
}
