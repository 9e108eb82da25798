import {
  keyOf,
  type PlainConnections,
  type PodRef,
  type ServiceRef,
  type SourceInstance,
  type SourcesReply,
} from '@tulle/model';

/** How long a closed connection's owner is remembered: a tap event about it may be on its way. */
const REMEMBER_MS = 30_000;
/** Closed connections remembered at most; the oldest go first. */
const MOST_REMEMBERED = 8192;

interface OpenConnection {
  readonly source: SourceInstance;
  readonly service: ServiceRef;
  readonly toPod: PodRef;
}

/**
 * Which instance outside the mesh owns which client-side `ip:port`. A proxy sees only the address of the runtime's
 * forwarder; this table tells whose connection it carries.
 */
export class SourceTable {
  readonly #open = new Map<string, OpenConnection>();
  readonly #closed = new Map<string, { source: SourceInstance; untilMs: number }>();
  readonly #now: () => number;

  /** @param now milliseconds, monotonic */
  constructor(now: () => number) {
    this.#now = now;
  }

  opened(address: string, connection: OpenConnection): void {
    this.#closed.delete(address);
    this.#open.set(address, connection);
  }

  closed(address: string): void {
    const connection = this.#open.get(address);
    if (connection === undefined) return;
    this.#open.delete(address);
    this.#closed.set(address, {
      source: connection.source,
      untilMs: this.#now() + REMEMBER_MS,
    });
    this.#forget();
  }

  lookUp(addresses: readonly string[]): SourcesReply {
    this.#forget();
    const sources: Record<string, SourceInstance> = {};
    for (const address of addresses) {
      const found = this.#open.get(address)?.source ?? this.#closed.get(address)?.source;
      if (found !== undefined) sources[address] = found;
    }
    return { sources, plainConnections: this.#plainConnections() };
  }

  #plainConnections(): PlainConnections[] {
    const counts = new Map<
      string,
      { -readonly [K in keyof PlainConnections]: PlainConnections[K] }
    >();
    for (const { source, service, toPod } of this.#open.values()) {
      const key = `${keyOf(source.workload)} ${keyOf(service)} ${keyOf(toPod)}`;
      const count = counts.get(key);
      if (count === undefined) {
        counts.set(key, { from: source.workload, service, toPod, open: 1 });
      } else {
        count.open += 1;
      }
    }
    return [...counts.values()];
  }

  /** Entries are in the order they were closed, so the first that is young enough ends the walk. */
  #forget(): void {
    const nowMs = this.#now();
    for (const [address, { untilMs }] of this.#closed) {
      if (untilMs > nowMs && this.#closed.size <= MOST_REMEMBERED) return;
      this.#closed.delete(address);
    }
  }
}
