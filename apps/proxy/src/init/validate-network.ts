/** Whether this pod's connections are redirected: one to an address where nobody is must end at our own listener. */
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { TulleError } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';
import type { ValidateCommand } from './init-command.ts';

/** The check worked and says no. */
export class NotRedirectedError extends TulleError {
  constructor(message: string) {
    super('unavailable', message);
  }
}

const TOKEN_BYTES = 32;

/**
 * @throws NotRedirectedError when the connection ends elsewhere or nowhere; TulleError `unavailable` when the check itself
 * cannot be made.
 */
export async function validateNetwork(
  { connect: to, listen, timeoutMs }: Omit<ValidateCommand, 'log' | 'kind'>,
  log: Logger,
): Promise<void> {
  const token = randomBytes(TOKEN_BYTES);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(token);
  });
  await open(server, listen.host, listen.port);
  const where = `${to.host}:${to.port}`;
  const socket = connect(to.port, to.host);
  try {
    const received = await readAll(socket, timeoutMs);
    if (received.equals(token)) {
      log.info({ connect: where }, 'connections are redirected');
      return;
    }
    throw new NotRedirectedError(
      `The connection to ${where} was not redirected: somebody else answered. Is the CNI plugin installed and chained?`,
    );
  } catch (reason) {
    if (reason instanceof NotRedirectedError) throw reason;
    const why = reason instanceof Error ? reason.message : String(reason);
    throw new NotRedirectedError(
      `The connection to ${where} was not redirected (${why}). The CNI plugin has written no rules for this pod: check its DaemonSet on this node, or switch cniEnabled off.`,
    );
  } finally {
    socket.destroy();
    server.close();
  }
}

function readAll(socket: Socket, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      act();
    };
    socket.on('error', (error) => settle(() => reject(error)));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if (bytes.length >= TOKEN_BYTES) settle(() => resolve(bytes));
    });
    socket.on('end', () => settle(() => resolve(Buffer.concat(chunks))));
  });
}

function open(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const isV6Missing =
        host === '::' && ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(cause.code ?? '');
      if (isV6Missing) resolve(open(server, '0.0.0.0', port));
      else {
        const message = `Cannot listen on ${host}:${port}: ${cause.message}.`;
        reject(new TulleError('unavailable', message, { cause }));
      }
    });
    server.listen(port, host, resolve);
  });
}
