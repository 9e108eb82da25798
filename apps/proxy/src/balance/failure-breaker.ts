import type { Backoff } from '../config/proxy-config.ts';
import { SuccessRate, type SuccessRateOptions } from './success-rate.ts';

export interface BreakerOptions {
  /** Failures in a row that shut an endpoint out; 0: they alone never do. */
  readonly maxFailures: number;
  /** Null: only failures in a row count. */
  readonly successRate: SuccessRateOptions | null;
  /** How long it stays out before one request may try it. */
  readonly backoff: Backoff;
}

/** `throttled`: too many requests (429), which is no failure of the endpoint but no success either. */
export type AnswerVerdict = 'success' | 'failure' | 'throttled';

/**
 * Shuts out an endpoint that fails so many times in a row (Linkerd's consecutive failure accrual), or too often (its
 * unified one). After a pause one request is its probation: a success lets it in again, anything else shuts it out for
 * longer. Answers to requests sent before it was shut out change nothing.
 */
export class FailureBreaker {
  readonly backoff: Backoff;
  isTripped = false;
  readonly #maxFailures: number;
  readonly #rate: SuccessRate | null;
  #failures = 0;

  constructor(options: BreakerOptions) {
    this.backoff = options.backoff;
    this.#maxFailures = options.maxFailures === 0 ? Infinity : options.maxFailures;
    this.#rate = options.successRate === null ? null : new SuccessRate(options.successRate);
  }

  /** @param isProbe it was the request on probation. @param nowMs monotonic. */
  record(verdict: AnswerVerdict, isProbe: boolean, nowMs: number): 'shut' | 'open' | 'as-it-was' {
    // Without a rate to keep, being throttled is an answer like another.
    const isFailure = verdict === 'failure' || (verdict === 'throttled' && this.#rate !== null);
    if (this.isTripped) {
      if (!isProbe) return 'as-it-was';
      if (isFailure) return 'shut';
      this.isTripped = false;
      this.#failures = 0;
      return 'open';
    }
    if (verdict === 'failure') this.#failures++;
    else if (!isFailure) this.#failures = 0;
    const isRateTooLow = this.#rate !== null && this.#rate.isTooLow(!isFailure, nowMs);
    if (this.#failures < this.#maxFailures && !isRateTooLow) return 'as-it-was';
    this.isTripped = true;
    this.#rate?.forget();
    return 'shut';
  }
}
