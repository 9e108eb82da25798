import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { TulleError } from '@tulle/model';
import {
  LOG_LEVELS,
  parseLogFilter,
  setLogLevel,
  type Logger,
  type Registry,
} from '@tulle/telemetry';
import { isLoopback } from '../config/ip-networks.ts';
import type { AdminConfig } from '../config/proxy-config.ts';
import type { Environment } from '../config/env-reader.ts';
import type { Address } from '../stack/connection.ts';
import { describeEnvironment } from './describe-environment.ts';

export interface AdminOptions {
  readonly config: AdminConfig;
  readonly registry: Registry;
  readonly isReady: () => boolean;
  readonly env: Environment;
  readonly log: Logger;
  /** Begins the same orderly end as SIGTERM. */
  readonly shutdown: () => void;
}

export interface AdminServer {
  /** As bound. */
  readonly address: Address;
  close(): Promise<void>;
}

/** A log filter is short; a longer body is refused. */
const MAX_BODY_BYTES = 4096;
/** A client that does not finish its request in this time is cut off. */
const REQUEST_TIMEOUT_MS = 10_000;

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
) => void | Promise<void>;
interface Page {
  readonly methods: readonly string[];
  /** Only for clients on this machine. */
  readonly isLocal: boolean;
  readonly handle: Handler;
}

/**
 * The proxy's own page: metrics, readiness, log level. Plain HTTP/1, as kubelet and Prometheus ask it.
 * @throws TulleError `unavailable` when the address is taken.
 */
export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const pages = pagesOf(options);
  const server = createServer((request, response) => {
    serve(pages, request, response).catch((error: unknown) => {
      options.log.error({ err: error, path: request.url }, 'admin request failed');
      if (!response.headersSent) say(response, 500, 'internal error');
      else response.destroy();
    });
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  await listen(server, options.config.address);
  const bound = server.address() as AddressInfo;
  return {
    address: { host: bound.address, port: bound.port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  pages: ReadonlyMap<string, Page>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://proxy');
  // Garbage that node:http lets through as a target, such as `//[`: the sender's fault and no line in our log.
  if (url === null) return say(response, 400, 'bad request target');
  const page = pages.get(url.pathname);
  if (page === undefined) return say(response, 404, 'not found');
  if (page.isLocal && !isLoopback(request.socket.remoteAddress ?? '')) {
    return say(response, 403, `${url.pathname} answers clients on this machine only`);
  }
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
  if (!page.methods.includes(method)) {
    response.setHeader('allow', page.methods.join(', '));
    return say(response, 405, `${url.pathname} takes ${page.methods.join(' or ')}`);
  }
  await page.handle(request, response, url);
}

function pagesOf(options: AdminOptions): ReadonlyMap<string, Page> {
  const { registry, isReady, log, env, config } = options;
  const get = (handle: Handler): Page => ({ methods: ['GET'], isLocal: false, handle });
  const pages = new Map<string, Page>([
    ['/metrics', get((request, response) => sendMetrics(request, response, registry))],
    ['/live', get((_request, response) => say(response, 200, 'live'))],
    [
      '/ready',
      get((_request, response) =>
        isReady() ? say(response, 200, 'ready') : say(response, 503, 'not ready'),
      ),
    ],
    [
      '/env.json',
      get((_request, response, url) =>
        sendJson(response, describeEnvironment(env, [...url.searchParams.keys()])),
      ),
    ],
    [
      '/proxy-log-level',
      {
        methods: ['GET', 'PUT'],
        isLocal: true,
        handle: (request, response) => logLevel(request, response, log),
      },
    ],
  ]);
  if (config.shutdownEnabled) {
    pages.set('/shutdown', {
      methods: ['POST'],
      isLocal: true,
      handle: (_request, response) => {
        say(response, 200, 'shutdown');
        options.shutdown();
      },
    });
  }
  return pages;
}

function sendMetrics(request: IncomingMessage, response: ServerResponse, registry: Registry): void {
  const body = Buffer.from(registry.expose());
  response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
  response.setHeader('vary', 'accept-encoding');
  if (!/\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(request.headers['accept-encoding'] ?? '')) {
    response.end(body);
    return;
  }
  response.setHeader('content-encoding', 'gzip');
  // The fastest level: the page compresses twentyfold even so.
  response.end(gzipSync(body, { level: 1 }));
}

async function logLevel(
  request: IncomingMessage,
  response: ServerResponse,
  log: Logger,
): Promise<void> {
  if (request.method !== 'PUT') {
    return say(response, 200, log.level === 'silent' ? 'off' : log.level);
  }
  const body = await readBody(request);
  if (body === null) return say(response, 413, `a log filter has at most ${MAX_BODY_BYTES} bytes`);
  const level = body.trim() === '' ? null : parseLogFilter(body.trim());
  if (level === null) {
    return say(
      response,
      400,
      `give a level (${LOG_LEVELS.join(', ')}) or a filter: warn,linkerd=info`,
    );
  }
  setLogLevel(log, level);
  response.writeHead(204).end();
}

/** Null when it is too long. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify(body, null, 2)}\n`);
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

function listen(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new TulleError(
          'unavailable',
          `The admin server cannot listen on ${host}:${port}. Choose another LINKERD2_PROXY_ADMIN_LISTEN_ADDR.`,
          { cause },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
}
