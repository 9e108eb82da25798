import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerApi } from './api.ts';
import type { Dependencies } from './dependencies.ts';
import { PAGE } from './page.ts';

export interface WebServer {
  readonly port: number;
  /** Answers what is under way, then closes. */
  stop(): Promise<void>;
}

/** @param port 0 for any free one */
export function serveWeb(port: number, dependencies: Dependencies): Promise<WebServer> {
  const server = createServer((request, response) => {
    void answer(request, response, dependencies);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        stop: () =>
          new Promise((stopped) => {
            server.close(() => stopped());
            server.closeIdleConnections();
          }),
      });
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  dependencies: Dependencies,
): Promise<void> {
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(response, 405, 'application/json', JSON.stringify({ error: 'Only GET is answered.' }));
    return;
  }
  const url = URL.parse(request.url ?? '/', 'http://web');
  if (url === null) {
    send(response, 400, 'application/json', JSON.stringify({ error: 'The address is malformed.' }));
    return;
  }
  if (url.pathname === '/' || url.pathname === '/leaderboard') {
    send(response, 200, 'text/html; charset=utf-8', PAGE);
    return;
  }
  const answered = (await answerApi(url, tracingHeaders(request), dependencies)) ?? {
    status: 404,
    body: { error: `Nothing is at ${url.pathname}.` },
  };
  send(response, answered.status, 'application/json', JSON.stringify(answered.body));
}

/** What ties the calls to emoji and voting to the request that caused them. */
function tracingHeaders(request: IncomingMessage): Headers {
  const headers = new Headers();
  const id = request.headers['x-request-id'];
  if (typeof id === 'string') headers.set('x-request-id', id);
  return headers;
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
