import { keyOf, TulleError } from '@tulle/model';
import type { PlatformState, PodRef, ServiceRef, WorkloadRef } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Freshness, MetricsSource, ProxyFacts } from '../metrics-source.ts';
import { createPrometheusClient } from './prometheus-client.ts';
import type { PrometheusAccess, PrometheusClient, Sample } from './prometheus-client.ts';
import { AGGREGATE_QUERIES } from './queries.ts';
import { rangeSeries } from './range-series.ts';
import { Snapshot } from './snapshot.ts';
import { SuccessHistory } from './success-history.ts';

const REFRESH_MS = 5000;
/** A round begins no sooner than this many times as long as the last one took after that one began. */
const REST_FACTOR = 4;
/** Queries under way at once. */
const CONCURRENCY = 4;

export interface PrometheusMetricsOptions {
  readonly access: PrometheusAccess;
  /** The platform's state now. */
  readonly state: () => PlatformState;
  readonly windowSeconds: number;
  /** Where this source counts its own work. */
  readonly registry: Registry;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Between two rounds of queries, milliseconds; 5000 where absent. */
  readonly refreshMs?: number;
}

/** The Prometheus source, and a round of queries on demand for tests. */
export interface PrometheusMetrics extends MetricsSource {
  refreshNow(): Promise<void>;
}

/**
 * Golden metrics from whatever answers PromQL. One round of aggregated queries every few seconds, whatever the number of
 * workloads; everything but `series` is answered from the last round. While Prometheus is away the last numbers stay,
 * with the time they were taken; its return is noticed by the next round.
 */
export function createPrometheusMetrics(options: PrometheusMetricsOptions): PrometheusMetrics {
  const { windowSeconds, now, state } = options;
  const log = options.log.child({ part: 'metrics' });
  const client = createPrometheusClient(options.access);
  const history = new SuccessHistory(client, windowSeconds);
  const listeners = new Set<() => void>();
  /** When the first answer of a pod was seen, milliseconds since the epoch. Of pods that exist only. */
  let firstAnswers = new Map<string, number>();
  let snapshot = new Snapshot(windowSeconds);
  let round: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  const counts = { ok: 0, failed: 0, roundSeconds: 0, failure: null as TulleError | null };
  const unregister = register(options.registry, counts);

  function refresh(): Promise<void> {
    round ??= ask().finally(() => {
      round = null;
    });
    return round;
  }

  async function ask(): Promise<void> {
    const startedAtMs = now();
    try {
      const answers = await askAll(client, windowSeconds);
      await history.advance(Math.floor(startedAtMs / 1000));
      if (closed) return;
      snapshot = Snapshot.of(windowSeconds, answers);
      firstAnswers = rememberFirst(firstAnswers, snapshot, state(), startedAtMs);
      if (counts.failure !== null) log.info({}, 'Prometheus answers again');
      counts.ok += 1;
      counts.failure = null;
      for (const listener of listeners) listener();
    } catch (reason) {
      if (closed) return;
      const error = TulleError.from(reason);
      const { code, message } = error;
      if (counts.failure?.code !== code)
        log.warn({ reason: message }, 'Prometheus cannot be asked; the last numbers are kept');
      counts.failed += 1;
      counts.failure = error;
    } finally {
      counts.roundSeconds = (now() - startedAtMs) / 1000;
      scheduleAfter(now() - startedAtMs);
    }
  }

  function scheduleAfter(tookMs: number): void {
    if (closed) return;
    if (timer !== null) clearTimeout(timer);
    const waitMs = Math.max((options.refreshMs ?? REFRESH_MS) - tookMs, tookMs * (REST_FACTOR - 1));
    timer = setTimeout(() => void refresh(), Math.max(0, waitMs));
  }

  function freshness(): Freshness {
    const meshed = state().instances.filter(({ proxy }) => proxy !== null);
    return {
      atMs: snapshot.newestSampleMs,
      proxiesAnswered: meshed.filter(({ ref }) => snapshot.facts(ref) !== null).length,
      proxiesExpected: meshed.length,
    };
  }

  void refresh();
  return {
    windowSeconds,
    freshness,
    golden: (ref) => snapshot.golden(ref),
    tcp: (workload) => snapshot.tcp(workload),
    edges: () => snapshot.edges(),
    clients: (workload) => snapshot.clients(workload),
    routes: (service) => snapshot.routes(service),
    failures: (workload) => snapshot.failures(workload, servicesOf(state(), workload)),
    proxy(pod: PodRef): ProxyFacts | null {
      const facts = snapshot.facts(pod);
      const firstResponseAtMs = firstAnswers.get(keyOf(pod)) ?? null;
      return facts === null ? null : { ...facts, firstResponseAtMs };
    },
    spark: (workload) => history.spark(workload),
    series: (ref, rangeSeconds, stepSeconds) => {
      const nowSecond = Math.floor(now() / 1000);
      return rangeSeries(client, ref, { rangeSeconds, stepSeconds, windowSeconds, nowSecond });
    },
    attend: () => () => undefined,
    onUpdate(listener): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    refreshNow: refresh,
    close(): void {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      client.close();
      unregister();
      listeners.clear();
    },
  };
}

/** Asks everything, a few questions at a time. The first that fails fails all: half a round would be a wrong picture. */
async function askAll(
  client: PrometheusClient,
  windowSeconds: number,
): Promise<readonly (readonly Sample[])[]> {
  const answers: (readonly Sample[])[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let index = next++; index < AGGREGATE_QUERIES.length; index = next++) {
        const query = AGGREGATE_QUERIES[index];
        if (query === undefined) return;
        answers[index] = await client.query(query.promql(`${windowSeconds}s`));
      }
    }),
  );
  return answers;
}

function rememberFirst(
  before: ReadonlyMap<string, number>,
  snapshot: Snapshot,
  { instances }: PlatformState,
  atMs: number,
): Map<string, number> {
  const after = new Map<string, number>();
  for (const { ref } of instances) {
    const key = keyOf(ref);
    const known = before.get(key);
    if (known !== undefined) after.set(key, known);
    else if (hasAnswered(snapshot, ref)) after.set(key, atMs);
  }
  return after;
}

function hasAnswered(snapshot: Snapshot, pod: PodRef): boolean {
  const golden = snapshot.golden(pod);
  return golden !== null && golden.requestsPerSecond > 0;
}

function servicesOf({ services }: PlatformState, workload: WorkloadRef): readonly ServiceRef[] {
  const key = keyOf(workload);
  return services
    .filter(({ workloads }) => workloads.some((each) => keyOf(each) === key))
    .map(({ ref }) => ref);
}

/** Registers this source's own counters. Gives the function that takes them out again. */
function register(
  registry: Registry,
  counts: {
    readonly ok: number;
    readonly failed: number;
    readonly roundSeconds: number;
    readonly failure: TulleError | null;
  },
): () => void {
  const registers = [registry];
  const names = {
    rounds: 'tulle_metrics_rounds_total',
    seconds: 'tulle_metrics_round_seconds',
    up: 'tulle_metrics_prometheus_up',
  };
  const metrics = [
    new Counter({
      name: names.rounds,
      help: 'Rounds of queries to Prometheus, by result.',
      labelNames: ['result'],
      registers,
      collect() {
        this.reset();
        this.inc({ result: 'ok' }, counts.ok);
        this.inc({ result: 'failed' }, counts.failed);
      },
    }),
    new Gauge({
      name: names.seconds,
      help: 'How long the last round of queries took.',
      registers,
      collect() {
        this.set(counts.roundSeconds);
      },
    }),
    new Gauge({
      name: names.up,
      help: '1 while Prometheus answers.',
      registers,
      collect() {
        this.set(counts.failure === null ? 1 : 0);
      },
    }),
  ];
  void metrics;
  return () => {
    for (const name of Object.values(names)) registry.removeSingleMetric(name);
  };
}
