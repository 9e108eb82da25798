import type { Counter, Labels } from '@tulle/telemetry';
import type { RequestMetrics } from '../observe/request-metrics.ts';
import { NO_TIMEOUTS, type StreamTimeouts } from './exchange-timers.ts';
import type { RetryRule } from './retry-rule.ts';
import type { StatusClassifier } from './classify.ts';

/** How requests of one kind are treated, decided when the profile arrived. */
export interface Route {
  /** From the profile, without the `rt_` prefix; empty for the default route. */
  readonly labels: Labels;
  /** Of the whole request; 0 for none. */
  readonly timeoutMs: number;
  readonly timeouts: StreamTimeouts;
  /** By a profile, within the retry budget. */
  readonly isRetryable: boolean;
  /** By a policy; null where there is none that retries. */
  readonly retry: RetryRule | null;
  readonly classify: StatusClassifier;
  /** Null where no service is known: then nothing is counted per route. */
  readonly metrics: RouteMetrics | null;
}

export interface RouteMetrics {
  /** Each request once. */
  readonly logical: RequestMetrics;
  /** Each attempt; null inbound, where there are no retries. */
  readonly actual: RequestMetrics | null;
  readonly retried: Counter;
  /** Retries not made because the budget was spent. */
  readonly noBudget: Counter;
}

/** Requests of which no service is known. */
export const NO_ROUTE: Route = {
  labels: {},
  timeoutMs: 0,
  timeouts: NO_TIMEOUTS,
  isRetryable: false,
  retry: null,
  classify: () => null,
  metrics: null,
};
