import { setTimeout as wait } from 'node:timers/promises';
import { TulleError } from '@tulle/model';

/** Time and chance, as parameters. */
export interface Retrying {
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

export const SYSTEM_RETRYING: Retrying = {
  delay: async (ms, signal) => {
    await wait(ms, undefined, { signal, ref: false }).catch(() => undefined);
  },
  random: Math.random,
};

export interface KeepTryingOptions {
  readonly attempt: () => Promise<void>;
  /** Between attempts that worked. */
  readonly everyMs: number;
  /** Called for the first failure after an attempt that worked, and whenever the reason is another one. */
  readonly onFailure: (error: TulleError) => void;
  readonly retrying: Retrying;
}

export interface KeptTrying {
  /** The sentence of the last failure; a stand-in before the first attempt has ended; null when the last one worked. */
  lastFailure(): string | null;
  stop(): void;
}

const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;

/** Does something again and again until it is stopped: at its pace while it works, with growing pauses while it does not. */
export function keepTrying(options: KeepTryingOptions): KeptTrying {
  const { attempt, everyMs, onFailure, retrying } = options;
  const stopped = new AbortController();
  const { signal } = stopped;
  let failure: string | null = 'starting';
  const run = async (): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await attempt();
        failure = null;
        failures = 0;
      } catch (reason) {
        if (signal.aborted) return;
        const error = TulleError.from(reason);
        if (error.message !== failure) onFailure(error);
        failure = error.message;
        failures += 1;
      }
      const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), MAX_BACKOFF_MS);
      const pauseMs = failures === 0 ? everyMs : backoffMs * (0.5 + retrying.random() / 2);
      await retrying.delay(pauseMs, signal);
    }
  };
  void run();
  return { lastFailure: () => failure, stop: () => stopped.abort() };
}
