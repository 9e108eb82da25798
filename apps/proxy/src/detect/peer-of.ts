import type { Socket } from 'node:net';
import type { Peer, PeerTls } from '../stack/http-service.ts';

/** The client of an accepted socket. */
export function peerOf(socket: Socket, tls: PeerTls): Peer {
  return { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0, tls };
}
