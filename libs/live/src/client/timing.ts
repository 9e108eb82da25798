/** Time and chance, so that tests can hold them. */
export interface Timing {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** 0 (in) to 1 (out). */
  readonly random: () => number;
  /** Calls back once. Gives the function that cancels it. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

export const REAL_TIMING: Timing = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 10_000;

/** How long to wait before the attempt after `attempt` failures: doubling to 10 s, half of it by chance. */
export function backoffMs(attempt: number, random: () => number): number {
  const whole = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempt, 16));
  return whole / 2 + (random() * whole) / 2;
}
