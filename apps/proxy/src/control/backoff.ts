import type { Backoff } from '../config/proxy-config.ts';

/**
 * Between attempts to reach a control service. linkerd2-proxy waits up to 10 s on loopback and 60 s elsewhere; a controller
 * that was gone for a minute must hear from all its proxies within 5 s of its return, and the pauses differ enough that
 * they do not all come at once.
 */
export const LOOPBACK_BACKOFF: Backoff = { minMs: 100, maxMs: 4000, jitter: 0.1 };
export const REMOTE_BACKOFF: Backoff = { minMs: 100, maxMs: 4000, jitter: 0.5 };

/**
 * How long to wait after the n-th failure in a row (0 for the first): the minimum doubled n times, plus up to `jitter` of
 * it, never above the maximum.
 * @param random 0 up to 1.
 */
export function backoffMs(backoff: Backoff, failures: number, random: number): number {
  // 2^30 doublings of a millisecond are 12 days: past any maximum, and no Infinity.
  const base = Math.min(backoff.minMs * 2 ** Math.min(failures, 30), backoff.maxMs);
  return Math.min(base + base * backoff.jitter * random, backoff.maxMs);
}

/** Resolves after `ms`, or at once when `signal` aborts. Never rejects. Does not keep the process alive. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    timer.unref();
    signal.addEventListener('abort', done);
  });
}
