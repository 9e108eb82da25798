import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { API_PREFIX, STATUS_OF, TulleError } from '@tulle/model';
import { LIVE_PATH } from '@tulle/live';
import { createDashboardUpstream } from './dashboard-upstream.ts';
import { createRequestGuard } from './request-guard.ts';
import { checkSignedIn, type Person } from './person.ts';
import type { WhoAsks } from './who-asks.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export interface WebServerOptions {
  /** Address to listen on; port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly dashboardUpstream: { readonly host: string; readonly port: number } | null;
  /** Host names accepted beside localhost. */
  readonly allowedHosts: readonly string[];
  readonly whoAsks: Pick<WhoAsks, 'of'>;
  /** Answers everything under `/api/v1`. Host and Origin are already checked. */
  readonly handleApi: (request: IncomingMessage, response: ServerResponse, person: Person) => void;
  /** Takes over the socket of an upgrade at `/live`. Host, Origin and who asks are already checked. */
  readonly handleUpgrade: (
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    person: Person,
  ) => void;
}

export interface WebServer {
  /** The port in use. */
  readonly port: number;
  /** Takes nothing new, ends open connections, resolves when all are closed. */
  close(): Promise<void>;
}

/** A head must have come within this time, a request whole within that. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * The public door: page, REST API and live WebSocket on one origin.
 * @throws TulleError `unavailable` when the port is taken, with the flag that chooses another
 */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const guard = createRequestGuard(options.allowedHosts);
  const dashboard = createDashboardUpstream(options.dashboardUpstream);
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
  });
  server.on('request', (request, response) => {
    try {
      guard.check(request, SAFE_METHODS.has(request.method ?? 'GET') ? 'read' : 'change');
    } catch (error) {
      sendError(response, TulleError.from(error));
      return;
    }
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    if (!isUnder(request.url, API_PREFIX)) {
      dashboard.forward(request, response);
      return;
    }
    options.whoAsks.of(request).then(
      (person) => options.handleApi(request, response, person),
      (reason: unknown) => sendError(response, TulleError.from(reason)),
    );
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    try {
      guard.check(request, 'upgrade');
      if (!isUnder(request.url, LIVE_PATH))
        throw new TulleError('not_found', `There is no WebSocket here; it is at ${LIVE_PATH}.`);
    } catch (error) {
      refuseUpgrade(socket, TulleError.from(error));
      return;
    }
    takeOver(request, socket, head).catch((reason: unknown) =>
      refuseUpgrade(socket, TulleError.from(reason)),
    );
  });
  async function takeOver(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const person = await options.whoAsks.of(request);
    checkSignedIn(person);
    options.handleUpgrade(request, socket, head, person);
  }
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
  });
  await listen(server, options.listen);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.listen.port,
    async close() {
      dashboard.close();
      await new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
    },
  };
}

function listen(
  server: ReturnType<typeof createServer>,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const sentence =
        error.code === 'EADDRINUSE'
          ? `Port ${port} on ${host} is taken by another program; choose another with --port.`
          : `Cannot listen on ${host}:${port}: ${error.message}.`;
      reject(new TulleError('unavailable', sentence, { cause: error }));
    });
    server.listen(port, host, () => resolve());
  });
}

function isUnder(url: string | undefined, prefix: string): boolean {
  return (
    url === prefix ||
    url?.startsWith(`${prefix}/`) === true ||
    url?.startsWith(`${prefix}?`) === true
  );
}

function sendError(response: ServerResponse, error: TulleError): void {
  const body = JSON.stringify({ error: error.toBody() });
  response.writeHead(STATUS_OF[error.code].http, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    ...SECURITY_HEADERS,
  });
  response.end(body);
}

function refuseUpgrade(socket: Duplex, error: TulleError): void {
  const body = JSON.stringify({ error: error.toBody() });
  const status = STATUS_OF[error.code].http;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
