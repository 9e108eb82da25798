import type { Retrying } from '../keep-trying.ts';

/** Waits that a test ends. */
export interface ManualRetrying extends Retrying {
  /** Milliseconds of each wait so far. */
  readonly waits: readonly number[];
  /** Resolves when a wait begins that has not been ended yet. */
  paused(): Promise<void>;
  /** Ends the present wait and resolves when the next one begins. */
  next(): Promise<void>;
}

export function manualRetrying(): ManualRetrying {
  const waits: number[] = [];
  let end: (() => void) | null = null;
  let begun = Promise.withResolvers<void>();
  return {
    waits,
    random: () => 1,
    async delay(ms, signal) {
      waits.push(ms);
      const ended = Promise.withResolvers<void>();
      end = ended.resolve;
      signal.addEventListener('abort', () => ended.resolve(), { once: true });
      begun.resolve();
      await ended.promise;
    },
    paused: () => begun.promise,
    async next() {
      await begun.promise;
      begun = Promise.withResolvers();
      end?.();
      await begun.promise;
    },
  };
}
