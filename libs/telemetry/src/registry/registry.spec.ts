import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricScope } from './scope.ts';
import { Registry } from './registry.ts';

function start(maxSeries = 100) {
  const clock = { ms: 0 };
  const registry = new Registry({ retainIdleMs: 1000, maxSeries, now: () => clock.ms });
  const body = () => registry.expose().split('\n');
  return { clock, registry, body };
}

test('a label set is resolved once and counted by its handle', () => {
  const { registry, body } = start();
  const family = registry.counter('request_total', 'Requests.');
  const handle = family.with({ direction: 'inbound', tls: 'true' });
  handle.value++;
  family.with({ direction: 'inbound', tls: 'true' }).value++;
  assert.ok(body().includes('request_total{direction="inbound",tls="true"} 2'));
  assert.ok(body().includes('# TYPE request_total counter'));
});

test('a histogram is written cumulative, with +Inf, count and sum', () => {
  const { registry, body } = start();
  const histogram = registry.histogram('latency_ms', 'Latency.', [1, 10]).with({ a: 'b' });
  for (const value of [0.5, 1, 5, 50]) histogram.observe(value);
  assert.deepEqual(
    body().filter((line) => line.startsWith('latency_ms')),
    [
      'latency_ms_bucket{a="b",le="1"} 2',
      'latency_ms_bucket{a="b",le="10"} 3',
      'latency_ms_bucket{a="b",le="+Inf"} 4',
      'latency_ms_count{a="b"} 4',
      'latency_ms_sum{a="b"} 56.5',
    ],
  );
});

test('values are escaped and impossible label names mended', () => {
  const { registry, body } = start();
  registry.counter('c', 'C.').with({ 'app.kubernetes.io/name': 'a"b\\c\nd', '1st': '' });
  assert.ok(body().includes('c{app_kubernetes_io_name="a\\"b\\\\c\\nd",_1st=""} 0'));
});

test('an idle series that nobody holds is forgotten, a held or changing one is not', () => {
  const { clock, registry, body } = start();
  const family = registry.counter('c', 'C.');
  const scope = new MetricScope();
  const handle = family.with({ of: 'scope' }, scope);
  family.with({ of: 'ever' });
  clock.ms = 5000;
  assert.equal(body().filter((line) => line.startsWith('c{')).length, 2);
  scope.close();
  handle.value++;
  clock.ms = 6000;
  assert.equal(body().filter((line) => line.startsWith('c{')).length, 2);
  clock.ms = 7001;
  assert.deepEqual(
    body().filter((line) => line.startsWith('c{')),
    ['c{of="ever"} 0'],
  );
});

test('a gauge that is not zero stays', () => {
  const { clock, registry, body } = start();
  const scope = new MetricScope();
  const gauge = registry.gauge('open', 'Open.').with({}, scope);
  gauge.value = 1;
  scope.close();
  body();
  clock.ms = 5000;
  assert.ok(body().includes('open 1'));
  gauge.value = 0;
  body();
  clock.ms = 10_000;
  assert.ok(!body().includes('open 0'));
});

test('past the cap a new label set is counted as dropped and an old one goes on', () => {
  const { registry, body } = start(2);
  const family = registry.counter('c', 'C.');
  const kept = family.with({ n: '1' });
  family.with({ n: '2' }).value++;
  family.with({ n: '3' }).value++;
  kept.value++;
  const lines = body();
  assert.ok(lines.includes('c{n="1"} 1'));
  assert.ok(lines.includes('telemetry_series_dropped_total 2'));
  assert.equal(lines.filter((line) => line.startsWith('c{')).length, 1);
});

test('a name can be given once', () => {
  const { registry } = start();
  registry.counter('c', 'C.');
  assert.throws(() => registry.gauge('c', 'C.'), /c is named twice/);
});
