/** What the proxies forward to: nginx where installed, otherwise a small server of our own on raw sockets. */
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const BODY = 'x'.repeat(100);

/** The configuration of an nginx that answers everything with 100 bytes. */
export function nginxOriginConfig(port: number, dir: string): string {
  return `daemon off; worker_processes 1; pid ${dir}/origin.pid; error_log ${dir}/origin.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000; keepalive_timeout 600s;
  server { listen 127.0.0.1:${port} reuseport; location / { return 200 "${BODY}"; } } }
`;
}

/** Answers each head that ends in what it reads; for `node origin.ts PORT`. */
function serve(port: number): void {
  const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      const heads = chunk.toString('latin1').split('\r\n\r\n').length - 1;
      if (heads > 0) socket.write(answer.repeat(heads));
    });
  });
  server.listen(port, '127.0.0.1');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) serve(Number(process.argv[2]));
