/** Bytes both ways between two sockets, with backpressure and half-close. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { LeanSocket, isBlocked, readWith, send } from '../connect/lean-socket.ts';

export interface SpliceSide {
  readonly socket: Socket;
  /** Read from this socket already; goes to the other first. */
  readonly firstBytes: Buffer;
}

/**
 * Joins two paused sockets until both directions have ended or one breaks; then both are closed. Each direction holds at
 * most the receiver's write buffer: past its high-water mark the sender is paused.
 * @param onClosed called once, with the error that broke it or null after a clean end.
 * @param onBytesToFirst called with each count of bytes sent from `second` to `first`.
 */
export function splice(
  first: SpliceSide,
  second: SpliceSide,
  onClosed: (error: Error | null) => void,
  onBytesToFirst: (count: number) => void = () => {},
): void {
  let open = 2;
  let failure: Error | null = null;
  const closed = (): void => {
    open -= 1;
    if (open === 0) onClosed(failure);
  };
  const broke = (error: Error): void => {
    failure ??= error;
  };
  // Before anything may end: a side that has ended already ends the other at once.
  if (first.firstBytes.length > 0) send(second.socket, first.firstBytes);
  if (second.firstBytes.length > 0) {
    onBytesToFirst(second.firstBytes.length);
    send(first.socket, second.firstBytes);
  }
  pour(first.socket, second.socket, broke, closed, () => {});
  pour(second.socket, first.socket, broke, closed, onBytesToFirst);
  first.socket.resume();
  second.socket.resume();
}

function pour(
  from: Socket,
  to: Socket,
  broke: (error: Error) => void,
  closed: () => void,
  count: (bytes: number) => void,
): void {
  let ended = from.readableEnded;
  /** True when the kernel has all of the chunk. */
  const pass = (chunk: Buffer): boolean => {
    count(chunk.length);
    if (!send(to, chunk)) from.pause();
    return !isBlocked(to);
  };
  // TLS keeps what it is given until it has encrypted it.
  if (from instanceof LeanSocket && to instanceof LeanSocket) from.lendTo(pass);
  else readWith(from, pass);
  to.on('drain', () => from.resume());
  from.on('error', broke);
  from.on('end', () => {
    ended = true;
    to.end();
  });
  from.on('close', (hadError) => {
    // A connection that vanished without its FIN must not look like a clean end to the other side.
    if (!ended || hadError) abort(to);
    closed();
  });
  if (from.destroyed) {
    to.destroy();
    closed();
  } else if (ended) to.end();
}

/** Closes so that the peer sees a break (RST) where the transport can say so. */
export function abort(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
