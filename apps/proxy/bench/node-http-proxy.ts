/** The proxy that Node's own HTTP gives in thirty lines: `node node-http-proxy.ts PORT ORIGIN_PORT`. */
import { Agent, createServer, request } from 'node:http';

const [port = '0', originPort = '0'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

createServer((req, res) => {
  const upstream = request(
    {
      host: '127.0.0.1',
      port: Number(originPort),
      method: req.method,
      path: req.url,
      headers: req.headers,
      agent,
    },
    (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    },
  );
  upstream.on('error', () => {
    res.writeHead(502);
    res.end();
  });
  req.pipe(upstream);
}).listen(Number(port), '127.0.0.1');
