import type { ResponseOutcome } from '../observe/request-metrics.ts';
import type { HeaderEdit } from '../stack/http-service.ts';

/** Told how an exchange under a policy goes. Elapsed times in milliseconds. */
export interface ExchangeObserver {
  /** Of the attempt under way. */
  readonly headerEdit: HeaderEdit;
  /** Null: its answer is forwarded as it is. */
  readonly answerEdit: HeaderEdit | null;
  attemptStarted(): void;
  /** @param outcome null: there was no answer to judge. @param answerMs since the last byte of the request. */
  attemptEnded(outcome: ResponseOutcome | null, elapsedMs: number, answerMs: number): void;
  /** A piece of the request's body went on. */
  requestFrame(bytes: number): void;
  /** A piece of the answer's body came. */
  responseFrame(bytes: number): void;
  retried(): void;
  /** A retry was due and no endpoint was there for it. */
  retryOverflowed(): void;
  /** The answer is one to retry, and the last retry is spent. */
  retryLimitExceeded(): void;
  ended(outcome: ResponseOutcome | null, elapsedMs: number, wasRetried: boolean): void;
}
