import type { Counter, Family, Histogram, Labels, MetricScope, Registry } from '@tulle/telemetry';
import type { DetectResult } from '../stack/connection.ts';

/** `{inbound,outbound}_tcp_detect_http_*`. */
export interface DetectFamilies {
  readonly results: Family<Counter>;
  readonly duration: Family<Histogram>;
}

const DETECT_BUCKETS_S: readonly number[] = [0.001, 0.1];

export function detectFamilies(registry: Registry, direction: string): DetectFamilies {
  return {
    results: registry.counter(
      `${direction}_tcp_detect_http_results_total`,
      `What ${direction} connections turned out to speak.`,
    ),
    duration: registry.histogram(
      `${direction}_tcp_detect_http_duration_seconds`,
      `Seconds until it was known what ${direction} connections speak.`,
      DETECT_BUCKETS_S,
    ),
  };
}

export function countDetect(
  { results, duration }: DetectFamilies,
  labels: Labels,
  scope: MetricScope,
  result: DetectResult,
  elapsedMs: number,
): void {
  results.with({ result, ...labels }, scope).value++;
  duration.with(labels, scope).observe(elapsedMs / 1000);
}

/** `outbound_{tcp,tls}_route_{open,close}_total`. */
export interface ConnectionRouteFamilies {
  readonly opened: Family<Counter>;
  readonly closed: Family<Counter>;
}

export function connectionRouteFamilies(
  registry: Registry,
  protocol: 'tcp' | 'tls',
): ConnectionRouteFamilies {
  const what = `connections by route of an outbound policy (${protocol})`;
  return {
    opened: registry.counter(`outbound_${protocol}_route_open_total`, `Opened ${what}.`),
    closed: registry.counter(
      `outbound_${protocol}_route_close_total`,
      `Closed ${what}, by why they could not be made.`,
    ),
  };
}

/** Why the proxy ended a connection; '' for its own end. */
export type ConnectionError =
  '' | 'forbidden' | 'invalid_backend' | 'invalid_policy' | 'unexpected';

/** One route's. */
export class ConnectionRouteMetrics {
  readonly #families: ConnectionRouteFamilies;
  readonly #labels: Labels;
  readonly #scope: MetricScope;

  constructor(families: ConnectionRouteFamilies, labels: Labels, scope: MetricScope) {
    this.#families = families;
    this.#labels = labels;
    this.#scope = scope;
  }

  opened(): void {
    this.#families.opened.with(this.#labels, this.#scope).value++;
  }

  closed(error: ConnectionError): void {
    this.#families.closed.with({ ...this.#labels, error }, this.#scope).value++;
  }
}
