/** `node node-http2-proxy.ts PORT ORIGIN_PORT`: what an HTTP/2 proxy of thirty lines on node:http2 does. */
import http2 from 'node:http2';

const [, , port, originPort] = process.argv;
const upstream = http2.connect(`http://127.0.0.1:${originPort}`);
const server = http2.createServer();
server.on('stream', (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
  const forward = upstream.request(headers);
  forward.on('response', (answer) => {
    if (!stream.destroyed) stream.respond(answer);
  });
  forward.pipe(stream);
  stream.pipe(forward);
  for (const end of [stream, forward]) end.on('error', () => {});
});
process.once('SIGTERM', () => process.exit(0));
server.listen(Number(port), '127.0.0.1');
