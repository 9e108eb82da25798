import type { Counter, Family, Gauge, Labels, MetricScope, Registry } from '@tulle/telemetry';
import type { TransportCounters } from '../stack/endpoint.ts';

export interface TransportFamilies {
  readonly opened: Family<Counter>;
  readonly open: Family<Gauge>;
  readonly closed: Family<Counter>;
  readonly read: Family<Counter>;
  readonly wrote: Family<Counter>;
  /** Bytes to and from endpoints, by whether they are in our zone: what a cloud charges for. */
  readonly cost: Family<Counter>;
}

export function transportFamilies(registry: Registry): TransportFamilies {
  return {
    opened: registry.counter('tcp_open_total', 'Connections opened.'),
    open: registry.gauge('tcp_open_connections', 'Connections open now.'),
    closed: registry.counter(
      'tcp_close_total',
      'Connections closed, by the error that closed them.',
    ),
    read: registry.counter('tcp_read_bytes_total', 'Bytes read from peers.'),
    wrote: registry.counter('tcp_write_bytes_total', 'Bytes written to peers.'),
    cost: registry.counter(
      'outbound_tcp_transfer_cost_bytes_total',
      'Bytes to and from endpoints, by whether they are in the zone of this proxy.',
    ),
  };
}

export type ZoneLocality = 'Local' | 'Remote' | 'Unknown';

/** From an endpoint's metric labels. */
export function zoneOf(labels: Labels): ZoneLocality {
  switch (labels['zone_locality']) {
    case 'local':
      return 'Local';
    case 'remote':
      return 'Remote';
    default:
      return 'Unknown';
  }
}

/** The `tcp_*` metrics of one label set. */
export class TransportMetrics implements TransportCounters {
  readonly #families: TransportFamilies;
  readonly #labels: Labels;
  readonly #scope: MetricScope;
  readonly #opened: Counter;
  readonly #open: Gauge;
  readonly #read: Counter;
  readonly #wrote: Counter;
  readonly #received: Counter | null;
  readonly #sent: Counter | null;
  readonly #closed = new Map<string, Counter>();

  /** @param zone of an outbound endpoint, null of everything else. */
  constructor(
    families: TransportFamilies,
    labels: Labels,
    scope: MetricScope,
    zone: ZoneLocality | null = null,
  ) {
    this.#families = families;
    this.#labels = labels;
    this.#scope = scope;
    this.#opened = families.opened.with(labels, scope);
    this.#open = families.open.with(labels, scope);
    this.#read = families.read.with(labels, scope);
    this.#wrote = families.wrote.with(labels, scope);
    const cost = (op: string): Counter | null =>
      zone === null ? null : families.cost.with({ op, zone_locality: zone }, scope);
    this.#received = cost('Recv');
    this.#sent = cost('Send');
  }

  opened(): void {
    this.#opened.value++;
    this.#open.value++;
  }

  closed(errno: string | null): void {
    this.#open.value--;
    const key = errno ?? '';
    let counter = this.#closed.get(key);
    if (counter === undefined) {
      counter = this.#families.closed.with({ ...this.#labels, errno: key }, this.#scope);
      this.#closed.set(key, counter);
    }
    counter.value++;
  }

  read(bytes: number): void {
    this.#read.value += bytes;
    if (this.#received !== null) this.#received.value += bytes;
  }

  wrote(bytes: number): void {
    this.#wrote.value += bytes;
    if (this.#sent !== null) this.#sent.value += bytes;
  }
}
