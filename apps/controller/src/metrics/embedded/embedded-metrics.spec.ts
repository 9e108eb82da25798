import assert from 'node:assert/strict';
import type { InstanceState, PlatformState, WorkloadRef } from '@tulle/model';
import { createLogger } from '@tulle/telemetry';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Registry } from 'prom-client';
import { createEmbeddedMetrics } from './embedded-metrics.ts';
import type { EmbeddedMetrics } from './embedded-metrics.ts';

const WEB: WorkloadRef = { kind: 'deployment', namespace: 'demo', name: 'web' };
const START = 1_700_000_000;
const lines: string[] = [];
const log = createLogger({
  name: 'test',
  level: 'debug',
  format: 'json',
  write: (line) => lines.push(line),
});

const cleanups: (() => unknown)[] = [];
after(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

/** A real HTTP server in a proxy's place, and a controller's clock in the test's hand. */
async function setUp() {
  const dir = mkdtempSync(join(tmpdir(), 'tulle-metrics-'));
  const proxy = { text: '', hang: false, requests: 0, connections: 0 };
  const server = createServer((request, response) => {
    proxy.requests += 1;
    assert.equal(request.url, '/metrics');
    if (!proxy.hang) response.end(proxy.text);
  });
  server.on('connection', () => (proxy.connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  cleanups.push(async () => {
    server.closeAllConnections();
    server.close();
    await rm(dir, { recursive: true });
  });
  const clock = { ms: START * 1000 };
  const instances: InstanceState[] = [instance('web-1', address)];
  const registry = new Registry();
  const open = (): EmbeddedMetrics => {
    const metrics = createEmbeddedMetrics({
      state: () => ({ ...EMPTY, instances }),
      dir,
      // Rounds are made by the test.
      intervalMs: 3600_000,
      windowSeconds: 60,
      registry,
      log,
      now: () => clock.ms,
    });
    cleanups.push(() => metrics.close());
    return metrics;
  };
  return { dir, proxy, clock, instances, registry, open };
}

const EMPTY: PlatformState = {
  revision: 1,
  workloads: [],
  instances: [],
  services: [],
  rollouts: [],
};

function instance(name: string, adminAddress: string): InstanceState {
  return {
    ref: { kind: 'pod', namespace: 'demo', name },
    workload: WEB,
    serviceAccount: 'web',
    phase: 'ready',
    restarts: 0,
    reason: null,
    proxy: { identity: 'web', adminAddress, tapAddress: '', version: '1', ready: true },
    endpoints: [],
    startedAtMs: 0,
  };
}

function answers(count: number): string {
  return `process_start_time_seconds ${START - 100}
response_total{direction="inbound",classification="success",status_code="200"} ${count}
response_latency_ms_bucket{direction="inbound",le="1"} ${count}
response_latency_ms_bucket{direction="inbound",le="+Inf"} ${count}
# EOF
`;
}

/** One scrape a second while the counter grows by `perSecond`. */
async function traffic(
  metrics: EmbeddedMetrics,
  parts: Awaited<ReturnType<typeof setUp>>,
  seconds: number,
  perSecond: number,
): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    parts.clock.ms += 1000;
    counted += perSecond;
    parts.proxy.text = answers(counted);
    await metrics.scrapeNow();
  }
}
let counted = 0;

test('scrapes a proxy over one kept connection and gives rates, freshness and points', async () => {
  const parts = await setUp();
  parts.proxy.text = answers(counted);
  const metrics = parts.open();
  await metrics.scrapeNow();
  await traffic(metrics, parts, 65, 4);
  assert.equal(metrics.golden(WEB)?.requestsPerSecond, 4);
  assert.equal(metrics.golden(WEB)?.latencyP50Ms, 0.5);
  assert.deepEqual(metrics.freshness(), {
    atMs: parts.clock.ms,
    proxiesAnswered: 1,
    proxiesExpected: 1,
  });
  assert.equal(parts.proxy.connections, 1);
  const series = await metrics.series(WEB, 20, 5);
  assert.deepEqual(
    series.map(({ requestsPerSecond }) => requestsPerSecond),
    [4, 4, 4, 4],
  );
  assert.equal((series.at(-1)?.atMs ?? 1) % 5000, 0);
  const { requests } = metrics.spark(WEB);
  assert.equal(requests.length, 60);
  assert.deepEqual(requests.slice(-2), [4, 4]);
  assert.match(await parts.registry.metrics(), /tulle_metrics_scrapes_total\{result="ok"\} 67/);
});

test('a point speaks of the 30 seconds before it, not of a single request', async () => {
  const parts = await setUp();
  parts.proxy.text = answers(counted);
  const metrics = parts.open();
  await metrics.scrapeNow();
  await traffic(metrics, parts, 60, 0);
  await traffic(metrics, parts, 10, 3);
  const newest = (await metrics.series(WEB, 20, 1)).at(-1)?.requestsPerSecond ?? 0;
  assert.ok(newest > 0.8 && newest <= 1, `${newest} requests a second`);
});

test('a proxy that hangs or is gone is counted as not answering; its numbers age out, others go on', async () => {
  const parts = await setUp();
  parts.proxy.text = answers(counted);
  const metrics = parts.open();
  await metrics.scrapeNow();
  await traffic(metrics, parts, 3, 2);
  parts.instances.push(instance('web-2', '127.0.0.1:1'));
  parts.proxy.hang = false;
  await traffic(metrics, parts, 1, 2);
  assert.equal(metrics.freshness().proxiesExpected, 2);
  assert.equal(metrics.freshness().proxiesAnswered, 1);
  assert.ok(lines.some((line) => line.includes('a proxy cannot be scraped')));
  assert.equal(metrics.golden(WEB)?.requestsPerSecond, 2);
});

test('the history survives a restart of the controller', async () => {
  const parts = await setUp();
  parts.proxy.text = answers(counted);
  const first = parts.open();
  await first.scrapeNow();
  await traffic(first, parts, 45, 3);
  first.close();
  const second = parts.open();
  await second.scrapeNow();
  await traffic(second, parts, 1, 3);
  const series = await second.series(WEB, 40, 10);
  assert.ok(series.some(({ requestsPerSecond }) => requestsPerSecond === 3));
  assert.deepEqual(second.spark(WEB).requests.slice(-2), [3, 3]);
});

test('a corrupt history is moved aside and a new one is begun', async () => {
  const parts = await setUp();
  writeFileSync(join(parts.dir, 'metrics.sqlite'), 'not a database '.repeat(500));
  const metrics = parts.open();
  await metrics.scrapeNow();
  assert.ok(lines.some((line) => line.includes('cannot be read; a new one is begun')));
  assert.deepEqual((await metrics.series(WEB, 10, 10)).length, 1);
});

test('a range of too many points is refused', async () => {
  const parts = await setUp();
  const metrics = parts.open();
  await assert.rejects(metrics.series(WEB, 86_400, 1), /more than 2000 points/);
  await assert.rejects(metrics.series(WEB, 60, 0.5), /at least 1/);
});
