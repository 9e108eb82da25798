/** An application without a word about a mesh: HTTP/1 on 8080, gRPC on 8081, a protocol whose server speaks first on 3306. */
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { ServerHttp2Stream } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';

const name = process.argv[2] ?? 'app';
const web = createServer((req, res) => {
  res.end(`${name} ${req.url} for ${String(req.headers['l5d-client-id'] ?? 'a stranger')}\n`);
});
const grpc = createHttp2Server();
grpc.on('stream', (stream: ServerHttp2Stream, headers) => {
  stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.resume();
  stream.end(
    `${name} ${headers[':path']} for ${String(headers['l5d-client-id'] ?? 'a stranger')}\n`,
  );
});
const greeter = createTcpServer((socket) => {
  socket.on('error', () => {});
  socket.write(`220 ${name} greets\r\n`);
  socket.on('data', (chunk: Buffer) => socket.end(`250 ${String(chunk)}`));
});
for (const [port, server] of [
  [8080, web],
  [8081, grpc],
  [3306, greeter],
] as const) {
  await new Promise<void>((resolve) => server.listen(port, '::', resolve));
}
console.log('listening');
