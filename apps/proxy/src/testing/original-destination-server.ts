/**
 * Listens on every address and says to whoever connects which listener it reached and what the kernel has as original
 * destination: `inbound 10.0.0.2:8080`. Arguments: NAME=PORT … Prints `listening` when all are open.
 */
import { createServer } from 'node:net';
import { kernelOriginalDestination } from '../listen/original-destination.ts';

const original = await kernelOriginalDestination();
for (const argument of process.argv.slice(2)) {
  const [name = '', port = '0'] = argument.split('=');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    const to = original(socket);
    socket.end(`${name} ${to === null ? 'none' : `${to.host}:${to.port}`}\n`);
  });
  await new Promise<void>((resolve) => {
    server.listen(Number(port), '::', resolve);
  });
}
process.stdout.write('listening\n');
