import type { Backoff } from '../config/proxy-config.ts';

export interface BreakerOptions {
  /** Failures in a row that shut an endpoint out; at least 1. */
  readonly maxFailures: number;
  /** How long it stays out before one request may try it. */
  readonly backoff: Backoff;
}

/**
 * Shuts out an endpoint that fails so many times in a row (Linkerd's consecutive failure accrual). After a pause one
 * request is its probation: an answer that is no failure lets it in again, a failure shuts it out for longer. Answers to
 * requests sent before it was shut out change nothing.
 */
export class FailureBreaker {
  readonly backoff: Backoff;
  isTripped = false;
  readonly #maxFailures: number;
  #failures = 0;

  constructor(options: BreakerOptions) {
    this.backoff = options.backoff;
    this.#maxFailures = options.maxFailures;
  }

  /** @param isProbe it was the request on probation. */
  record(isFailure: boolean, isProbe: boolean): 'shut' | 'open' | 'as-it-was' {
    if (this.isTripped) {
      if (!isProbe) return 'as-it-was';
      if (isFailure) return 'shut';
      this.isTripped = false;
      this.#failures = 0;
      return 'open';
    }
    if (!isFailure) {
      this.#failures = 0;
      return 'as-it-was';
    }
    this.#failures++;
    if (this.#failures < this.#maxFailures) return 'as-it-was';
    this.isTripped = true;
    return 'shut';
  }
}
