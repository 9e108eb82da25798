import { keyOf, refOf } from '@tulle/model';
import type { GoldenMetrics, ResourceRef, ServiceRef, TcpMetrics, WorkloadRef } from '@tulle/model';
import { failureCountsOf } from '../failure-counts.ts';
import { goldenOf } from '../histogram.ts';
import type {
  FailureCounts,
  InboundClients,
  OutboundEdge,
  RouteMetrics,
} from '../metrics-source.ts';
import { channelOf, chartKey, clientKey, edgeKey, failureKey, tcpKey } from './cell-keys.ts';
import { routeKey } from './cell-keys.ts';
import {
  DENIED,
  FAILED_TIMEOUT,
  FAILURE,
  FIRST_BUCKET,
  READ_BYTES,
  SUCCESS,
  WRITE_BYTES,
} from './cell-store.ts';
import type { CellKey, CellStore } from './cell-store.ts';

/** Reads the newest window of the cells. One is made per round of scrapes; it answers from one moment. */
export class WindowReader {
  readonly #store: CellStore;
  readonly #windowSeconds: number;
  readonly #second: number;
  readonly #openConnections: (key: CellKey) => number | null;
  #edges: readonly OutboundEdge[] | null = null;
  readonly #grouped = new Map<string, readonly (readonly string[])[]>();

  /** @param openConnections sum of a TCP cell's gauge over all proxies; null when none reports it. */
  constructor(
    store: CellStore,
    windowSeconds: number,
    second: number,
    openConnections: (key: CellKey) => number | null,
  ) {
    this.#store = store;
    this.#windowSeconds = windowSeconds;
    this.#second = second;
    this.#openConnections = openConnections;
  }

  /** Seconds of the window in which the resource's own proxies were scraped. */
  measuredSeconds(ref: ResourceRef): number {
    const ring = this.#store.get(chartKey(ref));
    const into = new Float64Array(ring?.width ?? 0);
    return ring?.sum(this.#second - this.#windowSeconds, this.#second, into) ?? 0;
  }

  golden(ref: ResourceRef): GoldenMetrics | null {
    return this.#goldenOf(chartKey(ref));
  }

  tcp(workload: WorkloadRef): TcpMetrics | null {
    return this.#tcpOf(tcpKey(workload));
  }

  /** The same array each time: what is indexed by it stays indexed. */
  edges(): readonly OutboundEdge[] {
    this.#edges ??= this.#readEdges();
    return this.#edges;
  }

  #readEdges(): readonly OutboundEdge[] {
    return this.#groups('edge').flatMap(([from = '', to = '', channel = '']) => {
      const golden = this.#goldenOf(edgeKey('http', from, to, channel));
      const tcp = this.#tcpOf(edgeKey('tcp', from, to, channel));
      if (isSilent(golden, tcp)) return [];
      return {
        from: refOf(from) as WorkloadRef,
        to: to === '' ? null : (refOf(to) as WorkloadRef),
        channel: channelOf(channel),
        golden,
        tcp,
      };
    });
  }

  clients(workload: WorkloadRef): readonly InboundClients[] {
    const key = keyOf(workload);
    return this.#groups('client').flatMap(([of = '', channel = '']) => {
      if (of !== key) return [];
      const golden = this.#goldenOf(clientKey('http', of, channel));
      const tcp = this.#tcpOf(clientKey('tcp', of, channel));
      if (isSilent(golden, tcp)) return [];
      const last = this.#store.get(clientKey('http', of, channel))?.lastActiveSecond;
      const idleSeconds = this.#second - (last ?? this.#second);
      return { channel: channelOf(channel), idleSeconds, golden, tcp };
    });
  }

  routes(service: ServiceRef): readonly RouteMetrics[] {
    const key = keyOf(service);
    const names = new Set<string>();
    for (const [, of = '', name = ''] of this.#groups('route')) if (of === key) names.add(name);
    return [...names].map((route) => ({
      route,
      inbound: this.#goldenOf(routeKey('in', service, route)),
      effective: this.#goldenOf(routeKey('eff', service, route)),
      actual: this.#goldenOf(routeKey('act', service, route)),
    }));
  }

  failures(workload: WorkloadRef, services: readonly ServiceRef[]): FailureCounts {
    const own = this.#sums(failureKey(workload), DENIED + 1);
    let callersTimeouts = 0;
    for (const service of services) {
      callersTimeouts += this.#sums(failureKey(service), DENIED + 1)?.[FAILED_TIMEOUT] ?? 0;
    }
    return failureCountsOf((column) => own?.[column] ?? 0, callersTimeouts);
  }

  /** The parts after the kind and the word of every HTTP or TCP cell about that word, each combination once. */
  #groups(word: 'edge' | 'client' | 'route'): readonly (readonly string[])[] {
    const known = this.#grouped.get(word);
    if (known !== undefined) return known;
    const groups = new Map<string, readonly string[]>();
    for (const [key] of this.#store.entries()) {
      const [, about, ...rest] = key.split('|');
      if (about === word) groups.set(rest.join('|'), rest);
    }
    const found = [...groups.values()];
    this.#grouped.set(word, found);
    return found;
  }

  #goldenOf(key: CellKey): GoldenMetrics | null {
    const ring = this.#store.get(key);
    const sums = this.#sums(key, ring?.width ?? 0);
    if (ring === undefined || sums === null) return null;
    return goldenOf(
      sums[SUCCESS] ?? 0,
      sums[FAILURE] ?? 0,
      sums.subarray(FIRST_BUCKET),
      this.#seconds(ring.sinceSecond),
    );
  }

  #tcpOf(key: CellKey): TcpMetrics | null {
    const open = this.#openConnections(key);
    const ring = this.#store.get(key);
    if (ring === undefined && open === null) return null;
    const sums = this.#sums(key, WRITE_BYTES + 1);
    const seconds = this.#seconds(ring?.sinceSecond ?? this.#second);
    return {
      openConnections: open ?? 0,
      readBytesPerSecond: Math.round((sums?.[READ_BYTES] ?? 0) / seconds),
      writeBytesPerSecond: Math.round((sums?.[WRITE_BYTES] ?? 0) / seconds),
    };
  }

  #sums(key: CellKey, width: number): Float64Array | null {
    const ring = this.#store.get(key);
    if (ring === undefined) return null;
    const sums = new Float64Array(width);
    const measured = ring.sum(this.#second - this.#windowSeconds, this.#second, sums);
    return measured === 0 ? null : sums;
  }

  /** The window, or less while its sources have not been watched that long: rates must not start too low. */
  #seconds(sinceSecond: number): number {
    return Math.max(1, Math.min(this.#windowSeconds, this.#second - sinceSecond));
  }
}

/** Nothing was answered in the window and nothing is open: not worth a row. */
function isSilent(golden: GoldenMetrics | null, tcp: TcpMetrics | null): boolean {
  const answered = golden !== null && golden.successCount + golden.failureCount > 0;
  return !answered && (tcp === null || tcp.openConnections === 0);
}
