import { isWorkloadKind, keyOf } from '@tulle/model';
import type { PlatformState, ResourceRef, SeriesPoint, WorkloadRef } from '@tulle/model';
import type { EmbeddedMetrics } from '../embedded/embedded-metrics.ts';
import type { MetricsSource } from '../metrics-source.ts';
import { Attention } from './attention.ts';

/** Scraped each second at most: a large mesh's overview is left to the base. */
const MAX_PROXIES = 100;
/** A point of a chart speaks of the 30 s before it: the first of a proxy's would speak of less. */
const SETTLE_SECONDS = 30;
/** A scrape or two may be late. */
const MISSING_SECONDS = 3;

export interface LayeredMetricsOptions {
  /** Knows everything, some seconds late. Closed with this. */
  readonly base: MetricsSource;
  readonly state: () => PlatformState;
  /** Makes the embedded source that scrapes the instances of this state, and keeps no history. Closed with this. */
  readonly createLive: (state: () => PlatformState) => EmbeddedMetrics;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * A slow source that knows everything, with a fast one on top of it for what is on screen: the proxies of attended
 * workloads are scraped each second, and speak for their workloads as soon as they have been for a whole window (or at
 * once where the base knows nothing yet, as of a proxy that has just started). A chart's newest points are theirs sooner.
 */
export function createLayeredMetrics(options: LayeredMetricsOptions): MetricsSource {
  const { base, state } = options;
  const attention = new Attention(options.now);
  const live = options.createLive(() => {
    const now = state();
    return { ...now, instances: attention.chosen(now.instances, MAX_PROXIES) };
  });
  const fullSeconds = base.windowSeconds - MISSING_SECONDS;

  function isFull(ref: ResourceRef): boolean {
    return live.measuredSeconds(ref) >= fullSeconds;
  }

  /** @param read of one source */
  function pick<T>(ref: ResourceRef, read: (source: MetricsSource) => T | null): T | null {
    if (!isOfOwnProxies(ref)) return read(base);
    return isFull(ref) ? (read(live) ?? read(base)) : (read(base) ?? read(live));
  }

  return {
    windowSeconds: base.windowSeconds,
    freshness: (workload) =>
      workload !== undefined && isFull(workload) ? live.freshness() : base.freshness(),
    golden: (ref) => pick(ref, (source) => source.golden(ref)),
    tcp: (workload) => pick(workload, (source) => source.tcp(workload)),
    edges() {
      const fromLive = live.edges().filter(({ from }) => isFull(from));
      const callers = new Set(fromLive.map(({ from }) => keyOf(from)));
      return [...base.edges().filter(({ from }) => !callers.has(keyOf(from))), ...fromLive];
    },
    clients: (workload) => (isFull(workload) ? live : base).clients(workload),
    // What callers see of a route comes from proxies that nobody need be looking at.
    routes: (service) => base.routes(service),
    failures: (workload) => failuresOf(base, live, workload, isFull(workload)),
    proxy(pod) {
      const [late, fresh] = [base.proxy(pod), live.proxy(pod)];
      if (late === null || fresh === null) return fresh ?? late;
      const firstResponseAtMs = late.firstResponseAtMs ?? fresh.firstResponseAtMs;
      return { ...late, ...known(fresh), firstResponseAtMs };
    },
    spark: (workload) => base.spark(workload),
    async series(ref, rangeSeconds, stepSeconds) {
      if (!isOfOwnProxies(ref)) return base.series(ref, rangeSeconds, stepSeconds);
      const soundSinceMs = options.now() - (live.measuredSeconds(ref) - SETTLE_SECONDS) * 1000;
      const fresh = await live.series(ref, rangeSeconds, stepSeconds);
      const sound = fresh.filter((point) => isMeasured(point) && point.atMs >= soundSinceMs);
      if (sound.length > 0 && sound.length === fresh.length) return fresh;
      return overlay(await base.series(ref, rangeSeconds, stepSeconds), sound);
    },
    attend: (workload) => attention.attend(workload),
    onUpdate(listener) {
      const stops = [
        base.onUpdate(listener),
        live.onUpdate(() => {
          if (live.freshness().proxiesExpected > 0) listener();
        }),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },
    close() {
      live.close();
      base.close();
    },
  };
}

/** Numbers of a service are told by its callers' proxies, and nobody need be looking at those. */
function isOfOwnProxies({ kind }: ResourceRef): boolean {
  return isWorkloadKind(kind) || kind === 'pod';
}

/** Timeouts of routes are only seen by callers, which the base knows. */
function failuresOf(
  base: MetricsSource,
  live: MetricsSource,
  workload: WorkloadRef,
  isFull: boolean,
): ReturnType<MetricsSource['failures']> {
  const late = base.failures(workload);
  if (!isFull) return late;
  const fresh = live.failures(workload);
  return { ...fresh, timeout: Math.max(fresh.timeout, late.timeout) };
}

function known<T extends object>(facts: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== null),
  ) as Partial<T>;
}

function isMeasured({ requestsPerSecond }: SeriesPoint): boolean {
  return requestsPerSecond !== null;
}

function overlay(
  late: readonly SeriesPoint[],
  fresh: readonly SeriesPoint[],
): readonly SeriesPoint[] {
  const measured = new Map(fresh.map((point) => [point.atMs, point]));
  const merged = late.map((point) => measured.get(point.atMs) ?? point);
  const newest = merged.at(-1)?.atMs ?? 0;
  return [...merged, ...[...measured.values()].filter(({ atMs }) => atMs > newest)];
}
