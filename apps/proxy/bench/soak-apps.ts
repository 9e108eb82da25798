/** What stands behind the pair in a soak: HTTP/1 with WebSockets, HTTP/2 with gRPC, and an echo of bytes. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Ending } from '../src/testing/mesh.ts';

export interface SoakApps {
  readonly webPort: number;
  readonly http2Port: number;
  readonly tcpPort: number;
}

export async function startSoakApps(cleanup: Ending): Promise<SoakApps> {
  const web = createServer((req, res) => {
    if (req.method === 'POST') req.pipe(res);
    else res.end(`answer to ${req.url}`);
  });
  const sockets = new WebSocketServer({ server: web });
  sockets.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data) => socket.send(data));
  });
  const http2 = createHttp2Server();
  http2.on('stream', answerHttp2);
  const tcp = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  cleanup.after(() => web.closeAllConnections());
  return {
    webPort: await listening(cleanup, web),
    http2Port: await listening(cleanup, http2),
    tcpPort: await listening(cleanup, tcp),
  };
}

function answerHttp2(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  stream.on('error', () => {});
  if (headers['content-type'] === 'application/grpc') {
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.pipe(stream);
    return;
  }
  stream.respond({ ':status': 200 });
  stream.end(`answer to ${headers[':path']}`);
}

async function listening(cleanup: Ending, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.after(() => server.close());
  return (server.address() as AddressInfo).port;
}
