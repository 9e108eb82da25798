import type { Counter, Family, Histogram, Labels, MetricScope, Registry } from '@tulle/telemetry';
import type { ResponseOutcome } from './request-metrics.ts';

/** `outbound_{http,grpc}_route_*`: what outbound policies are counted by. */
export interface RoutePolicyFamilies {
  readonly duration: Family<Histogram>;
  readonly statuses: Family<Counter>;
  readonly retries: Family<Counter>;
  readonly retrySuccesses: Family<Counter>;
  readonly retryOverflow: Family<Counter>;
  readonly retryLimitExceeded: Family<Counter>;
  readonly backendRequests: Family<Counter>;
  readonly backendDuration: Family<Histogram>;
  readonly backendStatuses: Family<Counter>;
  readonly requestFrames: Family<Histogram>;
  readonly backendFrames: Family<Histogram>;
  readonly isGrpc: boolean;
}

/** Of the pieces that bodies come in, in bytes. */
export const FRAME_BUCKETS: readonly number[] = [128, 1024, 10_240];
const REQUEST_BUCKETS_S: readonly number[] = [0.05, 0.5, 1, 10];
const BACKEND_BUCKETS_S: readonly number[] = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 10];

export function routePolicyFamilies(
  registry: Registry,
  protocol: 'http' | 'grpc',
): RoutePolicyFamilies {
  const name = (rest: string): string => `outbound_${protocol}_route_${rest}`;
  const what = `${protocol === 'http' ? 'HTTP' : 'gRPC'} requests by route of an outbound policy`;
  const counter = (rest: string, help: string): Family<Counter> =>
    registry.counter(name(rest), `${help}: ${what}.`);
  return {
    duration: registry.histogram(
      name('request_duration_seconds'),
      `Seconds from a request's head to the end of its answer: ${what}.`,
      REQUEST_BUCKETS_S,
    ),
    statuses: counter('request_statuses_total', 'How requests ended'),
    retries: counter('retry_requests_total', 'Retries made'),
    retrySuccesses: counter('retry_successes_total', 'Requests that a retry saved'),
    retryOverflow: counter('retry_overflow_total', 'Retries not made for want of an endpoint'),
    retryLimitExceeded: counter(
      'retry_limit_exceeded_total',
      'Requests that still failed after the last retry allowed',
    ),
    backendRequests: counter('backend_requests_total', 'Attempts by backend'),
    backendDuration: registry.histogram(
      name('backend_response_duration_seconds'),
      `Seconds from an attempt's start to the end of its answer: ${what}.`,
      BACKEND_BUCKETS_S,
    ),
    backendStatuses: counter('backend_response_statuses_total', 'How attempts ended'),
    requestFrames: registry.histogram(
      name('request_frame_size_bytes'),
      `Bytes of the pieces that bodies of requests came in: ${what}.`,
      FRAME_BUCKETS,
    ),
    backendFrames: registry.histogram(
      name('backend_response_frame_size_bytes'),
      `Bytes of the pieces that bodies of answers came in: ${what}.`,
      FRAME_BUCKETS,
    ),
    isGrpc: protocol === 'grpc',
  };
}

/** By number (gRPC's statuscodes.md). */
const GRPC_NAMES: readonly string[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** Counters of outcomes of one label set; handles seen are kept. */
class StatusCounters {
  readonly #family: Family<Counter>;
  readonly #labels: Labels;
  readonly #scope: MetricScope;
  readonly #isGrpc: boolean;
  readonly #byKey = new Map<string, Counter>();

  constructor(family: Family<Counter>, labels: Labels, scope: MetricScope, isGrpc: boolean) {
    this.#family = family;
    this.#labels = labels;
    this.#scope = scope;
    this.#isGrpc = isGrpc;
  }

  count(status: string, error: string): void {
    const key = `${status} ${error}`;
    let counter = this.#byKey.get(key);
    if (counter === undefined) {
      const name = this.#isGrpc ? 'grpc_status' : 'http_status';
      counter = this.#family.with({ ...this.#labels, [name]: status, error }, this.#scope);
      this.#byKey.set(key, counter);
    }
    counter.value++;
  }

  countOutcome(outcome: ResponseOutcome): void {
    const { error, routeError } = outcome;
    this.count(routeStatusOf(outcome, this.#isGrpc), routeError ?? errorName(error));
  }
}

/** An answer's status as route metrics call it: `200`, or `OK` for gRPC; '' where there was no answer. */
export function routeStatusOf({ status, grpcStatus }: ResponseOutcome, isGrpc: boolean): string {
  if (status === 0) return '';
  // A stream that ends without grpc-status is UNKNOWN (2).
  return isGrpc ? (GRPC_NAMES[grpcStatus < 0 ? 2 : grpcStatus] ?? 'UNKNOWN') : String(status);
}

/** Names of `error` in these families. */
function errorName(error: string): string {
  switch (error) {
    case '':
      return '';
    case 'timeout':
      return 'REQUEST_TIMEOUT';
    case 'unclassified':
      return 'IO';
    case 'h2(CANCEL)':
      return 'CANCEL';
    case 'h2(REFUSED_STREAM)':
      return 'REFUSED';
    case 'h2(ENHANCE_YOUR_CALM)':
      return 'ENHANCE_YOUR_CALM';
    default:
      return error.startsWith('h2(') ? 'RESET' : 'UNKNOWN';
  }
}

/** One rule's. @param labels `parent_*` and `route_*`. */
export class RoutePolicyMetrics {
  readonly retries: Counter;
  readonly retrySuccesses: Counter;
  readonly retryOverflow: Counter;
  readonly retryLimitExceeded: Counter;
  readonly requestFrames: Histogram;
  readonly #duration: Histogram;
  readonly #statuses: StatusCounters;

  constructor(families: RoutePolicyFamilies, labels: Labels, scope: MetricScope) {
    // Linkerd names the host only where it is asked to; Tulle never: clients choose it.
    const own = { ...labels, hostname: '' };
    this.#duration = families.duration.with(own, scope);
    this.#statuses = new StatusCounters(families.statuses, own, scope, families.isGrpc);
    this.requestFrames = families.requestFrames.with(own, scope);
    this.retries = families.retries.with(own, scope);
    this.retrySuccesses = families.retrySuccesses.with(own, scope);
    this.retryOverflow = families.retryOverflow.with(own, scope);
    this.retryLimitExceeded = families.retryLimitExceeded.with(own, scope);
  }

  ended(outcome: ResponseOutcome, elapsedMs: number): void {
    this.#duration.observe(elapsedMs / 1000);
    this.#statuses.countOutcome(outcome);
  }

  refused(error: 'FAIL_FAST' | 'LOAD_SHED' | 'UNKNOWN'): void {
    this.#statuses.count('', error);
  }
}

/** One backend's of one rule. @param labels `parent_*`, `route_*` and `backend_*`. */
export class BackendPolicyMetrics {
  readonly requests: Counter;
  readonly frames: Histogram;
  readonly #duration: Histogram;
  readonly #statuses: StatusCounters;

  constructor(families: RoutePolicyFamilies, labels: Labels, scope: MetricScope) {
    this.frames = families.backendFrames.with(labels, scope);
    this.requests = families.backendRequests.with(labels, scope);
    this.#duration = families.backendDuration.with(labels, scope);
    this.#statuses = new StatusCounters(families.backendStatuses, labels, scope, families.isGrpc);
  }

  ended(outcome: ResponseOutcome, elapsedMs: number): void {
    this.#duration.observe(elapsedMs / 1000);
    this.#statuses.countOutcome(outcome);
  }
}
