import type { Counter, Family, Histogram, Labels, MetricScope, Registry } from '@tulle/telemetry';
import type { ResponseOutcome } from './request-metrics.ts';
import { FRAME_BUCKETS, routeStatusOf } from './route-policy-metrics.ts';

/** `inbound_{http,grpc}_*`: what inbound requests are counted by. */
export interface InboundRouteFamilies {
  readonly requests: Family<Counter>;
  readonly requestDuration: Family<Histogram>;
  readonly responseDuration: Family<Histogram>;
  readonly requestFrames: Family<Histogram>;
  readonly responseFrames: Family<Histogram>;
  readonly statuses: Family<Counter>;
  readonly isGrpc: boolean;
}

const REQUEST_BUCKETS_S: readonly number[] = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 10];
const RESPONSE_BUCKETS_S: readonly number[] = [0.05, 0.5, 1, 10];

export function inboundRouteFamilies(
  registry: Registry,
  protocol: 'http' | 'grpc',
): InboundRouteFamilies {
  const what = `inbound ${protocol === 'http' ? 'HTTP' : 'gRPC'} requests by route`;
  const name = (rest: string): string => `inbound_${protocol}_${rest}`;
  const histogram = (rest: string, help: string, bounds: readonly number[]): Family<Histogram> =>
    registry.histogram(name(rest), `${help}: ${what}.`, bounds);
  return {
    requests: registry.counter(name('requests_total'), `Let in: ${what}.`),
    requestDuration: histogram(
      'request_duration_seconds',
      'Seconds from the head of a request to the end of its answer',
      REQUEST_BUCKETS_S,
    ),
    responseDuration: histogram(
      'response_duration_seconds',
      'Seconds from the last byte of a request to the end of its answer',
      RESPONSE_BUCKETS_S,
    ),
    requestFrames: histogram(
      'request_frame_size_bytes',
      'Bytes of the pieces that bodies of requests came in',
      FRAME_BUCKETS,
    ),
    responseFrames: histogram(
      'response_frame_size_bytes',
      'Bytes of the pieces that bodies of answers came in',
      FRAME_BUCKETS,
    ),
    statuses: registry.counter(name('statuses_total'), `How they ended: ${what}.`),
    isGrpc: protocol === 'grpc',
  };
}

/** One rule's. @param labels `parent_*` and `route_*`. */
export class InboundRouteMetrics {
  readonly requests: Counter;
  readonly requestFrames: Histogram;
  readonly responseFrames: Histogram;
  readonly #requestDuration: Histogram;
  readonly #responseDuration: Histogram;
  readonly #families: InboundRouteFamilies;
  readonly #labels: Labels;
  readonly #scope: MetricScope;
  readonly #statuses = new Map<string, Counter>();

  constructor(families: InboundRouteFamilies, labels: Labels, scope: MetricScope) {
    this.#families = families;
    this.#labels = labels;
    this.#scope = scope;
    this.requests = families.requests.with(labels, scope);
    this.requestFrames = families.requestFrames.with(labels, scope);
    this.responseFrames = families.responseFrames.with(labels, scope);
    this.#requestDuration = families.requestDuration.with(labels, scope);
    this.#responseDuration = families.responseDuration.with(labels, scope);
  }

  /** @param answerMs from the request's last byte to the answer's. */
  ended(outcome: ResponseOutcome, elapsedMs: number, answerMs: number): void {
    this.#requestDuration.observe(elapsedMs / 1000);
    this.#responseDuration.observe(answerMs / 1000);
    const status = routeStatusOf(outcome, this.#families.isGrpc);
    let counter = this.#statuses.get(status);
    if (counter === undefined) {
      counter = this.#families.statuses.with({ ...this.#labels, status }, this.#scope);
      this.#statuses.set(status, counter);
    }
    counter.value++;
  }
}
