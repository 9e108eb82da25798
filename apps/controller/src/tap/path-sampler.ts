import { EMPTY_FILTER, isFailure, keyOf } from '@tulle/model';
import type { InstanceState, PlatformState, TapExchange, WorkloadRef } from '@tulle/model';
import type { TapHub } from './tap-hub.ts';

/** Shown by all proxies of a namespace a second, at most this many for each. */
const PER_PROXY_PER_SECOND = 20;
const MAX_PER_SECOND = 1000;
/** What was seen is kept this many minutes. */
const MINUTES = 10;
/** Different kinds of request remembered for one workload and minute; the others are only counted. */
const MAX_KINDS = 300;

/** How often one kind of request was seen at a workload's own proxies: a share of what it was asked, not all of it. */
export interface SeenRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  /** Name of the ServiceProfile route; null when none matched. */
  readonly route: string | null;
  readonly httpStatus: number | null;
  readonly grpcStatus: number | null;
  readonly failed: boolean;
  /** Null for a client nobody could name. */
  readonly source: WorkloadRef | null;
  /** Name of the instance that answered. */
  readonly pod: string;
  readonly count: number;
}

/** Counts, over the last 10 minutes, what is asked of each workload: a sample, never every request. */
export interface PathSampler {
  /** Of one workload, most often seen first. @param minutes 1 to 10. */
  seen(workload: WorkloadRef, minutes?: number): readonly SeenRequest[];
  /** Requests left out because there were too many kinds. */
  readonly refused: number;
  close(): void;
}

interface SamplerOptions {
  readonly hub: Pick<TapHub, 'open'>;
  /** Namespaces are sampled, the smallest first, while their proxies are no more than this together. */
  readonly maxProxies?: number;
  readonly state: () => PlatformState;
  readonly onStateChange: (listener: () => void) => () => void;
  readonly now: () => number;
}

type Minute = Map<string, { request: SeenRequest; count: number }>;

export function createPathSampler(options: SamplerOptions): PathSampler {
  const taps = new Map<string, () => void>();
  /** By workload, then by minute since the epoch. */
  const seen = new Map<string, Map<number, Minute>>();
  let refused = 0;
  const stopListening = options.onStateChange(follow);
  follow();

  /** One tap per namespace; the hub takes up the proxies in it. */
  function follow(): void {
    const meshed = options.state().instances.filter(({ proxy }) => proxy !== null);
    const namespaces = sampled(meshed, options.maxProxies ?? Number.POSITIVE_INFINITY);
    for (const [namespace, stop] of taps) {
      if (namespaces.has(namespace)) continue;
      stop();
      taps.delete(namespace);
    }
    for (const namespace of namespaces) {
      if (taps.has(namespace)) continue;
      const proxies = meshed.filter(({ ref }) => ref.namespace === namespace).length;
      const stop = options.hub.open(
        {
          resource: { kind: 'namespace', namespace, name: namespace },
          filter: EMPTY_FILTER,
          maxPerSecond: Math.min(MAX_PER_SECOND, PER_PROXY_PER_SECOND * proxies),
          headers: false,
        },
        { onExchange: count, onNotice: () => undefined },
      );
      taps.set(namespace, stop);
    }
    forget();
  }

  function count(exchange: TapExchange): void {
    const { workload } = exchange.destination;
    if (exchange.direction !== 'inbound' || workload === null) return;
    if (exchange.outcome.kind === 'pending') return;
    const minute = minuteOf(keyOf(workload), Math.floor(options.now() / 60_000));
    const request = requestOf(exchange);
    const { method, path, route, httpStatus, grpcStatus, failed, source, pod } = request;
    const from = source === null ? '' : keyOf(source);
    const key = [method, path, route, httpStatus, grpcStatus, failed, from, pod].join(' ');
    const known = minute.get(key);
    if (known !== undefined) known.count += 1;
    else if (minute.size < MAX_KINDS) minute.set(key, { request, count: 1 });
    else refused += 1;
  }

  function minuteOf(workload: string, at: number): Minute {
    let minutes = seen.get(workload);
    if (minutes === undefined) {
      minutes = new Map();
      seen.set(workload, minutes);
    }
    let minute = minutes.get(at);
    if (minute === undefined) {
      minute = new Map();
      minutes.set(at, minute);
      for (const old of minutes.keys()) if (old <= at - MINUTES) minutes.delete(old);
    }
    return minute;
  }

  function forget(): void {
    const known = new Set(options.state().workloads.map(({ ref }) => keyOf(ref)));
    for (const workload of seen.keys()) if (!known.has(workload)) seen.delete(workload);
  }

  return {
    seen(workload, minutes = MINUTES): readonly SeenRequest[] {
      const oldest = Math.floor(options.now() / 60_000) - minutes;
      const sums = new Map<string, SeenRequest>();
      for (const [at, minute] of seen.get(keyOf(workload)) ?? []) {
        if (at <= oldest) continue;
        for (const [key, { request, count }] of minute) {
          sums.set(key, { ...request, count: count + (sums.get(key)?.count ?? 0) });
        }
      }
      return [...sums.values()].toSorted((a, b) => b.count - a.count);
    },
    get refused(): number {
      return refused;
    },
    close(): void {
      stopListening();
      for (const stop of taps.values()) stop();
      taps.clear();
    },
  };
}

function sampled(meshed: readonly InstanceState[], maxProxies: number): ReadonlySet<string> {
  const sizes = new Map<string, number>();
  for (const { ref } of meshed) sizes.set(ref.namespace, (sizes.get(ref.namespace) ?? 0) + 1);
  let left = maxProxies;
  const smallestFirst = [...sizes].toSorted((a, b) => a[1] - b[1]);
  return new Set(smallestFirst.flatMap(([name, size]) => ((left -= size) >= 0 ? [name] : [])));
}

function requestOf(exchange: TapExchange): SeenRequest {
  return {
    method: exchange.method,
    path: exchange.path.split('?', 1)[0] ?? exchange.path,
    route: exchange.route,
    httpStatus: exchange.httpStatus,
    grpcStatus: exchange.grpcStatus,
    failed: isFailure(exchange),
    source: exchange.source.workload,
    pod: exchange.reporter.name,
    count: 1,
  };
}
