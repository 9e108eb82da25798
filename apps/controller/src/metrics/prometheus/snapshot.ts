import { keyOf, refOf } from '@tulle/model';
import type {
  GoldenMetrics,
  PodRef,
  ResourceRef,
  ServiceRef,
  TcpMetrics,
  WorkloadRef,
} from '@tulle/model';
import { channelOf, chartKey, clientKey, edgeKey, failureKey } from '../embedded/cell-keys.ts';
import { routeKey, tcpKey } from '../embedded/cell-keys.ts';
import { DENIED, FAILED_TIMEOUT } from '../embedded/cell-store.ts';
import type { CellKey } from '../embedded/cell-store.ts';
import { failureCountsOf } from '../failure-counts.ts';
import type {
  FailureCounts,
  InboundClients,
  OutboundEdge,
  ProxyFacts,
  RouteMetrics,
} from '../metrics-source.ts';
import { AGGREGATE_QUERIES, ACTIVE_SECONDS } from './queries.ts';
import type { Sample } from './prometheus-client.ts';

/** Facts a query can tell; `firstResponseAtMs` is nobody's sample. */
export type QueriedFact = Exclude<keyof ProxyFacts, 'firstResponseAtMs'>;
type Tcp = Record<'open' | 'read' | 'write', number>;

interface Http {
  success: number;
  failure: number;
  readonly latencyMs: Record<string, number>;
}

/** Everything the newest window says, put together from one round of answers. It does not change afterwards. */
export class Snapshot {
  /** When the newest number was scraped, milliseconds since the epoch; 0 where nothing was. */
  newestSampleMs = 0;
  readonly active = new Set<CellKey>();
  readonly #windowSeconds: number;
  readonly #http = new Map<CellKey, Http>();
  readonly #tcp = new Map<CellKey, Tcp>();
  readonly #failures = new Map<CellKey, Float64Array>();
  readonly #facts = new Map<string, Partial<Record<QueriedFact, number>>>();
  /** Parts of the keys about one word, by the part the look-up starts from. */
  readonly #edges = new Map<string, readonly string[]>();
  readonly #clients = new Map<string, Set<string>>();
  readonly #routes = new Map<string, Set<string>>();

  constructor(windowSeconds: number) {
    this.#windowSeconds = windowSeconds;
  }

  /** Puts in the answers of all {@link AGGREGATE_QUERIES}, in their order. */
  static of(windowSeconds: number, answers: readonly (readonly Sample[])[]): Snapshot {
    const snapshot = new Snapshot(windowSeconds);
    AGGREGATE_QUERIES.forEach(({ read }, index) => {
      for (const { labels, value } of answers[index] ?? []) {
        if (Number.isFinite(value)) read(labels, value, snapshot);
      }
    });
    return snapshot;
  }

  addAnswers(key: CellKey, failed: boolean, count: number): void {
    const http = this.#httpOf(key);
    if (failed) http.failure += count;
    else http.success += count;
  }

  setQuantile(key: CellKey, q: string, milliseconds: number): void {
    this.#httpOf(key).latencyMs[q] = milliseconds;
  }

  addTcp(key: CellKey, what: keyof Tcp, value: number): void {
    let tcp = this.#tcp.get(key);
    if (tcp === undefined) {
      tcp = { open: 0, read: 0, write: 0 };
      this.#tcp.set(key, tcp);
      this.#index(key);
    }
    tcp[what] += value;
  }

  addFailure(key: CellKey, column: number, count: number): void {
    let columns = this.#failures.get(key);
    if (columns === undefined) {
      columns = new Float64Array(DENIED + 1);
      this.#failures.set(key, columns);
    }
    columns[column] = (columns[column] ?? 0) + count;
  }

  setFact(pod: string, fact: QueriedFact, seconds: number): void {
    this.#facts.set(pod, { ...this.#facts.get(pod), [fact]: Math.round(seconds * 1000) });
  }

  golden(ref: ResourceRef): GoldenMetrics | null {
    return this.#goldenOf(chartKey(ref));
  }

  tcp(workload: WorkloadRef): TcpMetrics | null {
    return this.#tcpOf(tcpKey(workload));
  }

  edges(): readonly OutboundEdge[] {
    return [...this.#edges.values()].flatMap(([from = '', to = '', channel = '']) => {
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
    const of = keyOf(workload);
    return [...(this.#clients.get(of) ?? [])].flatMap((channel) => {
      const http = clientKey('http', of, channel);
      const golden = this.#goldenOf(http);
      const tcp = this.#tcpOf(clientKey('tcp', of, channel));
      if (isSilent(golden, tcp)) return [];
      const idleSeconds = this.active.has(http) ? 0 : ACTIVE_SECONDS;
      return { channel: channelOf(channel), idleSeconds, golden, tcp };
    });
  }

  routes(service: ServiceRef): readonly RouteMetrics[] {
    return [...(this.#routes.get(keyOf(service)) ?? [])].map((route) => ({
      route,
      inbound: this.#goldenOf(routeKey('in', service, route)),
      effective: this.#goldenOf(routeKey('eff', service, route)),
      actual: this.#goldenOf(routeKey('act', service, route)),
    }));
  }

  failures(workload: WorkloadRef, services: readonly ServiceRef[]): FailureCounts {
    const own = this.#failures.get(failureKey(workload));
    const timeouts = services.reduce(
      (sum, service) => sum + (this.#failures.get(failureKey(service))?.[FAILED_TIMEOUT] ?? 0),
      0,
    );
    return failureCountsOf((column) => Math.round(own?.[column] ?? 0), Math.round(timeouts));
  }

  /** What the proxy of a pod says of itself; null for a pod whose proxy Prometheus does not know. */
  facts(pod: PodRef): Record<QueriedFact, number | null> | null {
    const facts = this.#facts.get(keyOf(pod));
    if (facts === undefined) return null;
    return {
      startedAtMs: facts.startedAtMs ?? null,
      certificateExpiresAtMs: facts.certificateExpiresAtMs ?? null,
      certificateRefreshedAtMs: facts.certificateRefreshedAtMs ?? null,
    };
  }

  #httpOf(key: CellKey): Http {
    let http = this.#http.get(key);
    if (http === undefined) {
      http = { success: 0, failure: 0, latencyMs: {} };
      this.#http.set(key, http);
      this.#index(key);
    }
    return http;
  }

  /** Look-ups by caller, called workload or service must not walk through every cell of a large mesh. */
  #index(key: CellKey): void {
    const [, about, first = '', second = '', third = ''] = key.split('|');
    if (about === 'edge') this.#edges.set(`${first}|${second}|${third}`, [first, second, third]);
    if (about === 'client') addTo(this.#clients, first, second);
    if (about === 'route') addTo(this.#routes, second, third);
  }

  #goldenOf(key: CellKey): GoldenMetrics | null {
    const http = this.#http.get(key);
    return http === undefined ? null : goldenOfCounts(http, this.#windowSeconds);
  }

  #tcpOf(key: CellKey): TcpMetrics | null {
    const tcp = this.#tcp.get(key);
    if (tcp === undefined) return null;
    return {
      openConnections: tcp.open,
      readBytesPerSecond: Math.round(tcp.read / this.#windowSeconds),
      writeBytesPerSecond: Math.round(tcp.write / this.#windowSeconds),
    };
  }
}

/** Golden metrics of counts over so many seconds. `increase` extrapolates, so counts come as fractions. */
export function goldenOfCounts(
  http: {
    readonly success: number;
    readonly failure: number;
    readonly latencyMs: Readonly<Record<string, number>>;
  },
  seconds: number,
): GoldenMetrics {
  const answered = http.success + http.failure;
  return {
    successCount: Math.round(http.success),
    failureCount: Math.round(http.failure),
    successRate: answered === 0 ? null : http.success / answered,
    requestsPerSecond: thousandths(answered / seconds),
    latencyP50Ms: thousandthsOrNull(http.latencyMs['0.5']),
    latencyP95Ms: thousandthsOrNull(http.latencyMs['0.95']),
    latencyP99Ms: thousandthsOrNull(http.latencyMs['0.99']),
  };
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function thousandthsOrNull(value: number | undefined): number | null {
  return value === undefined ? null : thousandths(value);
}

function addTo(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

/** Nothing was answered in the window and nothing is open: not worth a row. */
function isSilent(golden: GoldenMetrics | null, tcp: TcpMetrics | null): boolean {
  const answered = golden !== null && golden.successCount + golden.failureCount > 0;
  return !answered && (tcp === null || tcp.openConnections === 0);
}
