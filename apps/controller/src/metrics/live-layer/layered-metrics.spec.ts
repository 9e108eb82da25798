import assert from 'node:assert/strict';
import type { GoldenMetrics, InstanceState, PlatformState, WorkloadRef } from '@tulle/model';
import { createLogger } from '@tulle/telemetry';
import { afterEach, test } from 'node:test';
import { Registry } from 'prom-client';
import { createEmbeddedMetrics } from '../embedded/embedded-metrics.ts';
import type { EmbeddedMetrics } from '../embedded/embedded-metrics.ts';
import type { MetricsSource } from '../metrics-source.ts';
import { startExporter } from '../prometheus/testing/real-prometheus.ts';
import { Attention } from './attention.ts';
import { createLayeredMetrics } from './layered-metrics.ts';

const WEB: WorkloadRef = { kind: 'deployment', namespace: 'demo', name: 'web' };
const START = 1_700_000_000;
const LATE: GoldenMetrics = {
  successCount: 60,
  failureCount: 0,
  successRate: 1,
  requestsPerSecond: 1,
  latencyP50Ms: 1,
  latencyP95Ms: 1,
  latencyP99Ms: 1,
};

let cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  cleanups = [];
});

function instance(name: string, adminAddress: string, workload = WEB): InstanceState {
  return {
    ref: { kind: 'pod', namespace: 'demo', name },
    workload,
    serviceAccount: 'web',
    phase: 'ready',
    restarts: 0,
    reason: null,
    proxy: { identity: 'web', adminAddress, tapAddress: '', version: '1', ready: true },
    endpoints: [],
    startedAtMs: 0,
  };
}

/** A base that knows old numbers, a real proxy's port, and a clock in the test's hand. */
async function setUp() {
  const clock = { ms: START * 1000 };
  const scraped = { times: 0 };
  let counted = 0;
  const exporter = await startExporter(() => {
    scraped.times += 1;
    return `process_start_time_seconds ${START - 100}
response_total{direction="inbound",classification="success",status_code="200"} ${counted}
response_latency_ms_bucket{direction="inbound",le="+Inf"} ${counted}
`;
  });
  const state: PlatformState = {
    revision: 1,
    workloads: [],
    instances: [instance('web-1', exporter.address)],
    services: [],
    rollouts: [],
  };
  const late = { golden: LATE as GoldenMetrics | null, series: 0 };
  const base: MetricsSource = {
    windowSeconds: 60,
    freshness: () => ({ atMs: START * 1000 - 9000, proxiesAnswered: 1, proxiesExpected: 1 }),
    golden: () => late.golden,
    tcp: () => null,
    edges: () => [],
    clients: () => [],
    routes: () => [],
    failures: () => ({ application: 0, timeout: 2, noEndpoint: 0, policy: 0, tls: 0, reset: 0 }),
    proxy: () => null,
    spark: () => ({ success: [], requests: [] }),
    series: async (_ref, rangeSeconds, stepSeconds) => {
      late.series += 1;
      const end = Math.floor(clock.ms / 1000 / stepSeconds) * stepSeconds;
      return Array.from({ length: rangeSeconds / stepSeconds }, (_, index) => ({
        atMs: (end - (rangeSeconds / stepSeconds - 1 - index) * stepSeconds) * 1000,
        successRate: 1,
        requestsPerSecond: 1,
        latencyP50Ms: null,
        latencyP95Ms: null,
        latencyP99Ms: null,
      }));
    },
    attend: () => () => undefined,
    onUpdate: () => () => undefined,
    close: () => undefined,
  };
  let live: EmbeddedMetrics | null = null;
  const metrics = createLayeredMetrics({
    base,
    state: () => state,
    createLive: (watched) => {
      live = createEmbeddedMetrics({
        state: watched,
        dir: null,
        // Rounds are made by the test.
        intervalMs: 3600_000,
        windowSeconds: 60,
        registry: new Registry(),
        log: createLogger({ name: 'test', level: 'error', format: 'json', write: () => undefined }),
        now: () => clock.ms,
      });
      return live;
    },
    now: () => clock.ms,
  });
  cleanups.push(
    () => exporter.close(),
    () => metrics.close(),
  );
  return {
    clock,
    scraped,
    late,
    metrics,
    /** One scrape a second while four are answered in each. */
    pass: async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second += 1) {
        clock.ms += 1000;
        counted += 4;
        await live?.scrapeNow();
      }
    },
  };
}

test('nobody is scraped until somebody looks, and no longer than a while after they left', async () => {
  const { metrics, scraped, pass } = await setUp();
  await pass(3);
  assert.equal(scraped.times, 0);
  const leave = metrics.attend(WEB);
  await pass(3);
  assert.equal(scraped.times, 3);
  leave();
  await pass(40);
  const { times } = scraped;
  assert.ok(times > 20 && times < 36, `${String(times)} scrapes`);
});

test('the fast numbers speak once they cover the window, and until then the slow ones do', async () => {
  const { metrics, pass } = await setUp();
  metrics.attend(WEB);
  await pass(20);
  assert.equal(metrics.golden(WEB)?.requestsPerSecond, 1);
  await pass(45);
  assert.equal(metrics.golden(WEB)?.requestsPerSecond, 4);
  assert.equal(metrics.freshness(WEB).atMs, (START + 65) * 1000);
  assert.notEqual(metrics.freshness().atMs, metrics.freshness(WEB).atMs);
  assert.equal(metrics.failures(WEB).timeout, 2);
});

test('what the slow source does not know yet is told at once', async () => {
  const { metrics, late, pass } = await setUp();
  late.golden = null;
  metrics.attend(WEB);
  await pass(5);
  assert.equal(metrics.golden(WEB)?.requestsPerSecond, 4);
  assert.notEqual(metrics.proxy({ kind: 'pod', namespace: 'demo', name: 'web-1' }), null);
});

test('a chart has the measured seconds on top of the slow points, and asks for those only while it must', async () => {
  const { metrics, late, pass } = await setUp();
  metrics.attend(WEB);
  await pass(42);
  const points = await metrics.series(WEB, 60, 5);
  const newest = points.map(({ requestsPerSecond }) => requestsPerSecond).slice(-5);
  assert.deepEqual([newest[0], newest[3], newest[4]], [1, 4, 4]);
  assert.equal(late.series, 1);
  await pass(30);
  await metrics.series(WEB, 15, 5);
  assert.equal(late.series, 1);
});

test('a mesh too large to scrape whole is scraped where single workloads are looked at, whole ones only', () => {
  const attention = new Attention(() => 0);
  const other = { ...WEB, name: 'other' };
  const third = { ...WEB, name: 'third' };
  const instances = [
    ...Array.from({ length: 3 }, (_, i) => instance(`web-${i}`, 'a', WEB)),
    ...Array.from({ length: 3 }, (_, i) => instance(`other-${i}`, 'a', other)),
    instance('third-1', 'a', third),
    { ...instance('plain', 'a', third), proxy: null },
  ];
  attention.attend(null);
  assert.equal(attention.chosen(instances, 7).length, 7);
  assert.equal(attention.chosen(instances, 4).length, 0);
  attention.attend(WEB);
  attention.attend(third);
  attention.attend(other);
  const names = attention.chosen(instances, 4).map(({ workload }) => workload.name);
  assert.deepEqual(names, ['other', 'other', 'other', 'third']);
});
