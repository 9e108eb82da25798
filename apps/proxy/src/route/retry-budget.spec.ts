import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { RetryBudgetSchema, toDuration } from '@tulle/proxy-api';
import { RetryBudget, retryBudgetOf } from './retry-budget.ts';

function drawn(budget: RetryBudget): number {
  let count = 0;
  while (count < 1000 && budget.withdraw()) count++;
  return count;
}

test('a tenth of the requests may be retried', () => {
  const budget = new RetryBudget(10_000, 0, 0.1, () => 0);
  for (let request = 0; request < 25; request++) budget.deposit();
  assert.equal(drawn(budget), 2);
});

test('a third of three requests is one, whatever the rounding', () => {
  const budget = new RetryBudget(10_000, 0, 1 / 3, () => 0);
  for (let request = 0; request < 3; request++) budget.deposit();
  assert.equal(drawn(budget), 1);
});

test('the retries per second are there without any request', () => {
  assert.equal(drawn(new RetryBudget(10_000, 2, 0, () => 0)), 20);
});

test('what was paid in expires after the ttl, and so does what was drawn', () => {
  let nowMs = 0;
  const budget = new RetryBudget(10_000, 1, 1, () => nowMs);
  for (let request = 0; request < 5; request++) budget.deposit();
  assert.equal(drawn(budget), 15);
  nowMs = 10_001;
  assert.equal(drawn(budget), 10);
  nowMs = 40_000;
  budget.deposit();
  assert.equal(drawn(budget), 11);
});

test('a ratio above one allows more retries than requests', () => {
  const budget = new RetryBudget(10_000, 0, 2.5, () => 0);
  for (let request = 0; request < 4; request++) budget.deposit();
  assert.equal(drawn(budget), 10);
});

test('a budget out of range is no budget', () => {
  const of = (ttlMs: number, retryRatio: number) =>
    retryBudgetOf(create(RetryBudgetSchema, { retryRatio, ttl: toDuration(ttlMs) }), () => 0);
  assert.notEqual(of(1000, 0.2), null);
  assert.equal(of(999, 0.2), null);
  assert.equal(of(60_001, 0.2), null);
  assert.equal(of(10_000, 1001), null);
  assert.equal(of(10_000, -1), null);
  assert.equal(
    retryBudgetOf(undefined, () => 0),
    null,
  );
});
