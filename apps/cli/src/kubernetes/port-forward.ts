/** A port of this machine that leads to a port of a pod, through the API server as kubectl's does. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import type { KubeConfig, PortForward } from '@kubernetes/client-node';
import { TulleError } from '@tulle/model';
import type { ForwardTarget } from './cluster.ts';

export interface PortForwarding {
  readonly port: number;
  /** Closes the port and every connection through it. */
  close(): Promise<void>;
}

/** @throws TulleError `unavailable` when the local port is taken. */
export async function openPortForward(
  config: KubeConfig,
  { namespace, pod, port }: ForwardTarget,
  localPort: number,
  address: string,
): Promise<PortForwarding> {
  const library = await import('@kubernetes/client-node');
  const forward = new library.PortForward(config);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    // What the pod's side cannot do (nobody listens there) ends the connection, as it would without us between. The
    // channel begins with an empty message.
    const fault = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (chunk.length > 0) socket.destroy();
        done();
      },
    });
    void carry(socket, () => forward.portForward(namespace, pod, [port], socket, fault, socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new TulleError(
          'unavailable',
          `Port ${localPort} of ${address} cannot be used (${cause.code ?? cause.message}); choose another with --port.`,
          { cause },
        ),
      ),
    );
    server.listen(localPort, address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of open) socket.destroy();
      }),
  };
}

type Channel = Awaited<ReturnType<PortForward['portForward']>>;

/** One connection and its channel through the API server end together. */
async function carry(socket: Socket, open: () => Promise<Channel>): Promise<void> {
  try {
    const channel = await open();
    const tunnel = typeof channel === 'function' ? channel() : channel;
    if (tunnel === null) throw new Error('no channel was opened');
    tunnel.addEventListener('close', () => socket.end());
    socket.once('close', () => tunnel.close());
    if (socket.destroyed) tunnel.close();
  } catch {
    socket.destroy();
  }
}
