import type { Counter, Family, Histogram, Labels, MetricScope, Registry } from '@tulle/telemetry';
import { LATENCY_BUCKETS_MS } from './latency-buckets.ts';

/** `<prefix>request_total`, `<prefix>response_total` and, where kept, `<prefix>response_latency_ms`. */
export interface RequestFamilies {
  readonly requests: Family<Counter>;
  readonly responses: Family<Counter>;
  readonly latency: Family<Histogram> | null;
}

export function requestFamilies(
  registry: Registry,
  prefix: string,
  what: string,
  hasLatency: boolean,
): RequestFamilies {
  return {
    requests: registry.counter(`${prefix}request_total`, `Requests ${what}.`),
    responses: registry.counter(
      `${prefix}response_total`,
      `Answers ${what}, when they have ended.`,
    ),
    latency: hasLatency
      ? registry.histogram(
          `${prefix}response_latency_ms`,
          `Milliseconds from a request's head to the first byte of its answer's body, ${what}.`,
          LATENCY_BUCKETS_MS,
        )
      : null,
  };
}

/** What is known of an answer when it has ended. */
export interface ResponseOutcome {
  /** 0: there was no answer. */
  readonly status: number;
  readonly failed: boolean;
  /** -1: none. */
  readonly grpcStatus: number;
  /** `` | `timeout` | `h2(REASON)` | `unclassified`. */
  readonly error: string;
  /** The `error` of the route metrics where that says more than `error`; absent: derived from it. */
  readonly routeError?: string;
}

/** Every gRPC status above this is counted as UNKNOWN (2): a server must not make label values as it likes. */
const MAX_GRPC_STATUS = 16;

/** The request metrics of one label set; handles of statuses seen are kept. */
export class RequestMetrics {
  readonly requests: Counter;
  readonly #families: RequestFamilies;
  readonly #labels: Labels;
  readonly #scope: MetricScope;
  readonly #responses = new Map<number, Counter>();
  readonly #latencies = new Map<number, Histogram>();

  constructor(families: RequestFamilies, labels: Labels, scope: MetricScope) {
    this.#families = families;
    this.#labels = labels;
    this.#scope = scope;
    this.requests = families.requests.with(labels, scope);
  }

  observeLatency(status: number, ms: number): void {
    let histogram = this.#latencies.get(status);
    if (histogram === undefined) {
      if (this.#families.latency === null) return;
      const labels = { ...this.#labels, status_code: String(status) };
      histogram = this.#families.latency.with(labels, this.#scope);
      this.#latencies.set(status, histogram);
    }
    histogram.observe(ms);
  }

  countResponse(outcome: ResponseOutcome): void {
    if (outcome.error !== '') {
      this.#makeResponse(outcome).value++;
      return;
    }
    const grpc = outcome.grpcStatus > MAX_GRPC_STATUS ? 2 : outcome.grpcStatus;
    const key = outcome.status * 64 + (grpc + 1) * 2 + (outcome.failed ? 1 : 0);
    let counter = this.#responses.get(key);
    if (counter === undefined) {
      counter = this.#makeResponse({ ...outcome, grpcStatus: grpc });
      this.#responses.set(key, counter);
    }
    counter.value++;
  }

  #makeResponse(outcome: ResponseOutcome): Counter {
    const status = outcome.status === 0 ? null : { status_code: String(outcome.status) };
    return this.#families.responses.with(
      {
        ...this.#labels,
        ...status,
        classification: outcome.failed ? 'failure' : 'success',
        grpc_status: outcome.grpcStatus < 0 ? '' : String(outcome.grpcStatus),
        error: outcome.error,
      },
      this.#scope,
    );
  }
}
