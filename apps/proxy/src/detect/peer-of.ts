import type { Socket } from 'node:net';
import type { Peer, PeerTls } from '../stack/http-service.ts';

/** The client of an accepted socket. */
export function peerOf(socket: Socket, tls: PeerTls): Peer {
  return { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0, tls };
}

/** A listener for both families gives IPv4 clients as `::ffff:10.0.0.1`, which no policy, label or tap would know again. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
