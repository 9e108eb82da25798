import type { Backoff } from '../config/proxy-config.ts';

/** When and how often a policy's route tries again. */
export interface RetryRule {
  readonly maxRetries: number;
  /** Of a request's body kept for another try. */
  readonly maxBytes: number;
  /** Null: at once. */
  readonly backoff: Backoff | null;
  /** Each attempt but the last may take so long until its answer's head; 0 for no limit. */
  readonly timeoutMs: number;
  /** @param grpcStatus -1 where there is none. */
  readonly isRetryable: (status: number, grpcStatus: number) => boolean;
}
