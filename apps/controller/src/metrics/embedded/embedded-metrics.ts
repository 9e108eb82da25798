import type {
  PlatformState,
  PodRef,
  ResourceRef,
  SeriesPoint,
  ServiceRef,
  WorkloadRef,
} from '@tulle/model';
import { keyOf } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { MetricsSource, ProxyFacts } from '../metrics-source.ts';
import { CellStore } from './cell-store.ts';
import type { CellKey } from './cell-store.ts';
import { NO_HISTORY, openHistory } from './history.ts';
import { Rollup } from './rollup.ts';
import { createScrapeClient } from './scrape-client.ts';
import { Scraper } from './scraper.ts';
import { readSeries } from './series-reader.ts';
import { WindowReader } from './window-reader.ts';

const EVICT_SECONDS = 30;

export interface EmbeddedMetricsOptions {
  /** The platform's state now. */
  readonly state: () => PlatformState;
  /** Folder of the history's file; null to remember nothing beyond what memory holds of the last 15 minutes. */
  readonly dir: string | null;
  /** Milliseconds between two scrapes of a proxy. */
  readonly intervalMs: number;
  readonly windowSeconds: number;
  /** Where this source counts its own work. */
  readonly registry: Registry;
  readonly log: Logger;
  /** Milliseconds since the epoch, never going back; the process' monotonic clock by default. */
  readonly now?: () => number;
}

/** The embedded source, and a round of scrapes on demand for tests. */
export interface EmbeddedMetrics extends MetricsSource {
  scrapeNow(): Promise<void>;
  /** Seconds of the window in which a workload's or pod's own proxies were scraped. */
  measuredSeconds(ref: ResourceRef): number;
}

/** Starts scraping at once. Memory is bounded by the limits in cell-store.ts and target.ts. */
export function createEmbeddedMetrics(options: EmbeddedMetricsOptions): EmbeddedMetrics {
  const { windowSeconds, now = monotonicNow } = options;
  const log = options.log.child({ part: 'metrics' });
  const store = new CellStore(windowSeconds);
  const history =
    options.dir === null ? NO_HISTORY : openHistory(options.dir, log, () => Math.round(now()));
  const rollup = new Rollup(store, history, log);
  const client = createScrapeClient();
  const listeners = new Set<() => void>();
  let evictedAt = 0;
  const scraper = new Scraper({
    instances: () => options.state().instances,
    store,
    client,
    intervalMs: options.intervalMs,
    now,
    log,
    onRound,
  });
  let reader = newReader();
  const unregister = register(options.registry, {
    store,
    scraper,
    historyRows: () => history.rows,
  });
  const firstRound = scraper.round();
  let closed = false;

  function onRound(): void {
    const second = Math.floor(now() / 1000);
    rollup.advance(second - 1);
    if (second - evictedAt >= EVICT_SECONDS) {
      evictedAt = second;
      store.evictIdle(second);
    }
    reader = newReader();
    for (const listener of listeners) listener();
  }

  function newReader(): WindowReader {
    const open = openConnections(scraper);
    const second = Math.floor(now() / 1000);
    return new WindowReader(store, windowSeconds, second, (key) => open.get(key) ?? null);
  }

  function servicesOf(workload: WorkloadRef): readonly ServiceRef[] {
    const key = keyOf(workload);
    return options
      .state()
      .services.filter(({ workloads }) => workloads.some((each) => keyOf(each) === key))
      .map(({ ref }) => ref);
  }

  return {
    windowSeconds,
    freshness: () => scraper.freshness(),
    golden: (ref) => reader.golden(ref),
    tcp: (workload) => reader.tcp(workload),
    edges: () => reader.edges(),
    clients: (workload) => reader.clients(workload),
    routes: (service) => reader.routes(service),
    failures: (workload) => reader.failures(workload, servicesOf(workload)),
    proxy: (pod: PodRef): ProxyFacts | null => scraper.target(pod)?.facts ?? null,
    spark: (workload) => rollup.spark(workload),
    async series(ref, rangeSeconds, stepSeconds): Promise<readonly SeriesPoint[]> {
      const second = Math.floor(now() / 1000) - 1;
      return readSeries({ store, history, second }, ref, rangeSeconds, stepSeconds);
    },
    // Every proxy is scraped each second, whoever looks.
    attend: () => () => undefined,
    onUpdate(listener): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    measuredSeconds: (ref) => reader.measuredSeconds(ref),
    async scrapeNow(): Promise<void> {
      await firstRound;
      await scraper.round();
    },
    close(): void {
      if (closed) return;
      closed = true;
      scraper.close();
      client.close();
      history.close();
      unregister();
      listeners.clear();
    },
  };
}

/** A clock that cannot be set back: rates must not depend on somebody correcting the time. */
function monotonicNow(): number {
  return performance.timeOrigin + performance.now();
}

function openConnections(scraper: Scraper): Map<CellKey, number> {
  const sums = new Map<CellKey, number>();
  for (const { target } of scraper.targets()) {
    for (const [key, value] of target.gauges) sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return sums;
}

/** Registers this source's own counters. Gives the function that takes them out again. */
function register(
  registry: Registry,
  parts: { store: CellStore; scraper: Scraper; historyRows: () => number },
): () => void {
  const { store, scraper } = parts;
  const registers = [registry];
  const metrics = [
    new Counter({
      name: 'tulle_metrics_scrapes_total',
      help: 'Scrapes of proxies, by result.',
      labelNames: ['result'],
      registers,
      collect() {
        this.reset();
        this.inc({ result: 'ok' }, scraper.counts.ok);
        this.inc({ result: 'failed' }, scraper.counts.failed);
        this.inc({ result: 'skipped' }, scraper.counts.skipped);
      },
    }),
    counterOf('tulle_metrics_malformed_lines_total', 'Lines of scrapes not understood.', () => {
      return scraper.counts.malformedLines;
    }),
    counterOf('tulle_metrics_refused_total', 'Numbers left out because a limit was reached.', () =>
      [...scraper.targets()].reduce((sum, { target }) => sum + target.refused, store.refused),
    ),
    gaugeOf('tulle_metrics_series', 'Series the scraped proxies name.', () =>
      [...scraper.targets()].reduce((sum, { target }) => sum + target.seriesCount, 0),
    ),
    gaugeOf('tulle_metrics_cells', 'Things numbers are kept of in memory.', () => store.size),
    gaugeOf('tulle_metrics_history_rows', 'Rows of the history on disk.', parts.historyRows),
  ];

  function counterOf(name: string, help: string, read: () => number): Counter {
    return new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  function gaugeOf(name: string, help: string, read: () => number): Gauge {
    return new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }

  return () => {
    // `name` is there, prom-client's types do not say so.
    for (const metric of metrics) {
      registry.removeSingleMetric((metric as unknown as { name: string }).name);
    }
  };
}
