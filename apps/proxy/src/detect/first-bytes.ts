/** Reads the beginning of a connection until it is known what it is. */
import type { Socket } from 'node:net';

export interface FirstBytes<Verdict> {
  readonly bytes: Buffer;
  /** Null when time ran out or the client ended its side first. */
  readonly verdict: Verdict | null;
  readonly isClosed: boolean;
}

/** No protocol needs more to be told; past it the last verdict counts. */
const MAX_BYTES = 32_768;

/**
 * Reads from a paused socket until `decide` gives a verdict on all bytes so far (null: more), the time is up or the client
 * ends. The socket is paused again and has no listeners of this function's; `seen` are bytes read before.
 */
export function readFirstBytes<Verdict>(
  socket: Socket,
  seen: Buffer,
  decide: (bytes: Buffer) => Verdict | null,
  timeoutMs: number,
): Promise<FirstBytes<Verdict>> {
  return new Promise((resolve) => {
    let bytes = seen;
    const finish = (verdict: Verdict | null, isClosed: boolean): void => {
      clearTimeout(timer);
      socket.pause();
      socket.off('data', onData);
      socket.off('end', onEnd);
      socket.off('close', onClose);
      resolve({ bytes, verdict, isClosed });
    };
    const look = (): void => {
      const verdict = decide(bytes);
      if (verdict !== null || bytes.length > MAX_BYTES) finish(verdict, false);
    };
    const onData = (chunk: Buffer): void => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      look();
    };
    const onEnd = (): void => finish(null, bytes.length === 0);
    const onClose = (): void => finish(null, true);
    const timer = setTimeout(() => finish(null, false), timeoutMs);
    if (socket.destroyed) {
      finish(null, true);
      return;
    }
    if (seen.length > 0) {
      const verdict = decide(seen);
      if (verdict !== null) {
        finish(verdict, false);
        return;
      }
    }
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('close', onClose);
    socket.resume();
  });
}
