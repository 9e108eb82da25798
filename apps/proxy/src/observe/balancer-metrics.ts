import { Counter, Gauge, Histogram } from '@tulle/telemetry';
import type { Family, Labels, MetricScope, Registry } from '@tulle/telemetry';

/** `outbound_{http,tcp,tls}_balancer_*`. */
export interface BalancerFamilies {
  readonly endpoints: Family<Gauge>;
  readonly p2cEndpoints: Family<Gauge>;
  readonly p2cUpdates: Family<Counter>;
  readonly queueLength: Family<Gauge>;
  readonly queueRequests: Family<Counter>;
  readonly queueLatency: Family<Histogram>;
  readonly gateOpen: Family<Counter>;
  readonly gateShut: Family<Counter>;
  readonly gateOpenTime: Family<Gauge>;
  readonly gateShutTime: Family<Gauge>;
  readonly gateTimeout: Family<Gauge>;
}

const QUEUE_BUCKETS_S: readonly number[] = [0.0005, 0.005, 0.05, 0.5, 1, 3];

/** @param prefix `outbound_http`. */
export function balancerFamilies(registry: Registry, prefix: string): BalancerFamilies {
  const name = (rest: string): string => `${prefix}_balancer_${rest}`;
  const gauge = (rest: string, help: string): Family<Gauge> => registry.gauge(name(rest), help);
  const counter = (rest: string, help: string): Family<Counter> =>
    registry.counter(name(rest), help);
  return {
    endpoints: gauge('endpoints', 'Endpoints, by whether they can be connected to.'),
    p2cEndpoints: gauge('p2c_endpoints', 'Endpoints balanced over.'),
    p2cUpdates: counter('p2c_updates_total', 'Changes of the endpoints balanced over.'),
    queueLength: gauge('queue_length', 'Requests that wait for an endpoint now.'),
    queueRequests: counter('queue_requests_total', 'Requests that asked for an endpoint.'),
    queueLatency: registry.histogram(
      name('queue_latency_seconds'),
      'Seconds that requests waited for an endpoint.',
      QUEUE_BUCKETS_S,
    ),
    gateOpen: counter('queue_gate_open_total', 'Times requests were let in again.'),
    gateShut: counter('queue_gate_shut_total', 'Times requests began to fail at once.'),
    gateOpenTime: gauge(
      'queue_gate_open_time_seconds',
      'When requests were let in last, in seconds since the epoch.',
    ),
    gateShutTime: gauge(
      'queue_gate_shut_time_seconds',
      'When requests began to fail at once last, in seconds since the epoch.',
    ),
    gateTimeout: gauge(
      'queue_gate_timeout_seconds',
      'How long requests wait before they begin to fail at once.',
    ),
  };
}

/** One balancer's. */
export class BalancerMetrics {
  readonly ready: Gauge;
  readonly pending: Gauge;
  readonly endpoints: Gauge;
  readonly added: Counter;
  readonly removed: Counter;
  readonly reset: Counter;
  readonly waiting: Gauge;
  readonly requests: Counter;
  readonly latency: Histogram;
  readonly #gateOpen: Counter;
  readonly #gateShut: Counter;
  readonly #gateOpenTime: Gauge;
  readonly #gateShutTime: Gauge;
  readonly #gateTimeout: Gauge;

  /** @param families null: counted for nobody. @param labels `parent_*` and `backend_*`. */
  constructor(
    families: BalancerFamilies | null,
    labels: Labels,
    scope: MetricScope,
    failfastTimeoutMs: number,
  ) {
    const gauge = (family: Family<Gauge> | undefined, more: Labels = {}): Gauge =>
      family?.with({ ...more, ...labels }, scope) ?? new Gauge();
    const counter = (family: Family<Counter> | undefined, more: Labels = {}): Counter =>
      family?.with({ ...more, ...labels }, scope) ?? new Counter();
    this.ready = gauge(families?.endpoints, { endpoint_state: 'ready' });
    this.pending = gauge(families?.endpoints, { endpoint_state: 'pending' });
    this.endpoints = gauge(families?.p2cEndpoints);
    this.added = counter(families?.p2cUpdates, { op: 'Add' });
    this.removed = counter(families?.p2cUpdates, { op: 'Remove' });
    this.reset = counter(families?.p2cUpdates, { op: 'Reset' });
    this.waiting = gauge(families?.queueLength);
    this.requests = counter(families?.queueRequests);
    this.latency = families?.queueLatency.with(labels, scope) ?? new Histogram(QUEUE_BUCKETS_S);
    this.#gateOpen = counter(families?.gateOpen);
    this.#gateShut = counter(families?.gateShut);
    this.#gateOpenTime = gauge(families?.gateOpenTime);
    this.#gateShutTime = gauge(families?.gateShutTime);
    this.#gateTimeout = gauge(families?.gateTimeout);
    this.#gateTimeout.value = failfastTimeoutMs / 1000;
  }

  opened(): void {
    this.#gateOpen.value++;
    this.#gateOpenTime.value = Date.now() / 1000;
  }

  /** The balancer is gone: gauges say nothing any more, and series may be forgotten. */
  close(): void {
    for (const gauge of [
      this.ready,
      this.pending,
      this.endpoints,
      this.waiting,
      this.#gateOpenTime,
      this.#gateShutTime,
      this.#gateTimeout,
    ]) {
      gauge.value = 0;
    }
  }

  shut(): void {
    this.#gateShut.value++;
    this.#gateShutTime.value = Date.now() / 1000;
  }
}
