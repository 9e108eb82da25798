/** Something to subscribe to; gives the function that stops it. */
export type Subscribe = (listener: () => void) => () => void;

/** Waits for changes, however many came meanwhile: the reader looks at the newest state, so nothing queues up. */
export interface ChangeWaiter {
  /** True when something changed since the last call (or does), false once the signal is aborted. */
  next(): Promise<boolean>;
  /** Stops listening. Must be called. */
  stop(): void;
}

export function createChangeWaiter(
  subscriptions: readonly Subscribe[],
  signal: AbortSignal,
): ChangeWaiter {
  let changed = false;
  let wake: (() => void) | null = null;
  const notice = (): void => {
    changed = true;
    wake?.();
  };
  const end = (): void => wake?.();
  const stops = subscriptions.map((subscribe) => subscribe(notice));
  signal.addEventListener('abort', end);
  return {
    async next() {
      if (!changed && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = null;
      }
      changed = false;
      return !signal.aborted;
    },
    stop() {
      for (const stop of stops) stop();
      signal.removeEventListener('abort', end);
    },
  };
}
