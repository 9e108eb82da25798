export interface BackoffOptions {
  readonly firstMs: number;
  readonly longestMs: number;
  /** Part of the delay that is random: 0.2 gives 80 % to 120 % of it. */
  readonly jitter: number;
  /** A run at least this long was a good one: the next delay is the first again. */
  readonly resetAfterMs: number;
  /** Gives 0 to 1. */
  readonly random: () => number;
}

/** Restart pauses of the laptop runtime: 0.2 s, doubling to 10 s. Kubernetes' 10 s to 5 min would bore a person who watches. */
export const RESTART_BACKOFF: BackoffOptions = {
  firstMs: 200,
  longestMs: 10_000,
  jitter: 0.2,
  resetAfterMs: 10_000,
  random: Math.random,
};

/** Exponential pauses between restarts. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Milliseconds to wait before starting again what ran for `ranMs`. */
  next(ranMs: number): number {
    const { firstMs, longestMs, jitter, resetAfterMs, random } = this.#options;
    if (ranMs >= resetAfterMs) this.#failures = 0;
    const delayMs = Math.min(longestMs, firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return Math.round(delayMs * (1 + jitter * (2 * random() - 1)));
  }
}
