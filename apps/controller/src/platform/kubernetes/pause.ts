import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after so many milliseconds, or when the signal is aborted; keeps no process alive. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
