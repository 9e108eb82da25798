import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from './backoff.ts';

const OPTIONS = { firstMs: 100, longestMs: 1000, jitter: 0.2, resetAfterMs: 5000 };

test('doubles up to the longest pause and begins anew after a good run', () => {
  const backoff = new Backoff({ ...OPTIONS, random: () => 0.5 });
  assert.deepEqual(
    [0, 0, 0, 0, 0, 0].map((ranMs) => backoff.next(ranMs)),
    [100, 200, 400, 800, 1000, 1000],
  );
  assert.equal(backoff.next(5000), 100);
});

test('spreads the pause by the jitter on both sides', () => {
  assert.equal(new Backoff({ ...OPTIONS, random: () => 0 }).next(0), 80);
  assert.equal(new Backoff({ ...OPTIONS, random: () => 1 }).next(0), 120);
});
