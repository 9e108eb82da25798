import type { Socket } from 'node:net';
import type { DialTiming } from '../stack/connection.ts';

const timings = new WeakMap<Socket, DialTiming>();

/** Remembers how long opening a connection took, as long as its socket lives. */
export function noteDial(socket: Socket, timing: DialTiming): void {
  timings.set(socket, timing);
}

/** How long opening it took; null for one that `noteDial` never saw. */
export function dialTimingOf(socket: Socket): DialTiming | null {
  return timings.get(socket) ?? null;
}
