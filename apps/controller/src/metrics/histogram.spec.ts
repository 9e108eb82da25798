import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketIndex, goldenOf, LATENCY_BOUNDS_MS, quantile } from './histogram.ts';

/** Cumulative counts from counts per upper bound. */
function cumulative(counts: Readonly<Record<string, number>>): number[] {
  let sum = 0;
  return LATENCY_BOUNDS_MS.map((bound) => (sum += counts[String(bound)] ?? 0));
}

test('there are the 26 buckets of Linkerd, found by their le label', () => {
  assert.equal(LATENCY_BOUNDS_MS.length, 26);
  assert.equal(bucketIndex('1'), 0);
  assert.equal(bucketIndex('10000'), 20);
  assert.equal(bucketIndex('+Inf'), 25);
  assert.equal(bucketIndex('7'), -1);
});

test('quantiles are interpolated within the bucket as histogram_quantile does', () => {
  // 10 up to 1 ms, 10 more up to 10 ms (bucket 5..10): rank 15 is half-way into 5..10.
  const buckets = cumulative({ '1': 10, '10': 10 });
  assert.equal(quantile(0.75, buckets), 7.5);
  // Rank 5 of 10 in the first bucket, which starts at 0.
  assert.equal(quantile(0.25, buckets), 0.5);
  assert.equal(quantile(0.5, buckets), 1);
  // 99 of 100 in 40..50, one in 400..500: rank 95 is 40 + 10 * 95/99.
  const skewed = cumulative({ '50': 99, '500': 1 });
  assert.ok(Math.abs((quantile(0.95, skewed) ?? 0) - (40 + (10 * 95) / 99)) < 1e-9);
  assert.equal(quantile(0.99, skewed), 50);
  assert.equal(quantile(0.995, skewed), 450);
});

test('a quantile in the last bucket is the highest finite bound, and without observations there is none', () => {
  assert.equal(quantile(0.5, cumulative({ Infinity: 4 })), 50_000);
  assert.equal(quantile(0.5, cumulative({})), null);
});

test('no answers give no success rate, which is not 0', () => {
  const none = goldenOf(0, 0, cumulative({}), 60);
  assert.equal(none.successRate, null);
  assert.equal(none.requestsPerSecond, 0);
  const some = goldenOf(3, 1, cumulative({ '1': 4 }), 2);
  assert.equal(some.successRate, 0.75);
  assert.equal(some.requestsPerSecond, 2);
});
