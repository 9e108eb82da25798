import { createServer, type ServerResponse } from 'node:http';
import { TulleError } from '@tulle/model';
import type { Registry } from 'prom-client';
import type { SocketAddress } from '../config/controller-config.ts';

export interface AdminOptions {
  readonly listen: SocketAddress;
  readonly registry: Registry;
  /** Null once everything is up; otherwise what is still waited for, in a sentence. */
  readonly waitingFor: () => string | null;
}

export interface AdminServer {
  /** The port in use. */
  readonly port: number;
  close(): Promise<void>;
}

/** `/metrics`, `/ready`, `/live`: for Prometheus and for whatever supervises the process. Not public. */
export async function startAdminServer(options: AdminOptions): Promise<AdminServer> {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return sendText(response, 405, 'only GET works here\n');
    }
    switch (request.url?.split('?')[0]) {
      case '/metrics':
        return void sendMetrics(response, options.registry);
      case '/live':
        return sendText(response, 200, 'live\n');
      case '/ready': {
        const missing = options.waitingFor();
        return sendText(response, missing === null ? 200 : 503, `${missing ?? 'ready'}\n`);
      }
      default:
        return sendText(response, 404, 'here are /metrics, /ready and /live\n');
    }
  });
  await new Promise<void>((resolve, reject) => {
    const { host, port } = options.listen;
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const sentence =
        cause.code === 'EADDRINUSE'
          ? `${host}:${port} is taken by another program; choose another with TULLE_ADMIN_ADDR.`
          : `Cannot listen on ${host}:${port} (TULLE_ADMIN_ADDR): ${cause.message}.`;
      reject(new TulleError('unavailable', sentence, { cause }));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.listen.port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function sendMetrics(response: ServerResponse, registry: Registry): Promise<void> {
  try {
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType }).end(text);
  } catch (reason) {
    sendText(response, 500, `the metrics cannot be read: ${String(reason)}\n`);
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
