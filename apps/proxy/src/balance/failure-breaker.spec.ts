import assert from 'node:assert/strict';
import { test } from 'node:test';
import { responseHead } from '../testing/test-heads.ts';
import { FailureBreaker } from './failure-breaker.ts';
import { LoadPenalty } from './load-penalty.ts';

const BACKOFF = { minMs: 100, maxMs: 1000, jitter: 0 };

test('so many failures in a row trip it, one success begins anew', () => {
  const breaker = new FailureBreaker({ maxFailures: 3, successRate: null, backoff: BACKOFF });
  const said = (['failure', 'failure', 'throttled', 'failure', 'failure', 'failure'] as const).map(
    (verdict) => breaker.record(verdict, false, 0),
  );
  assert.deepEqual(said.at(-1), 'shut');
  assert.equal(said.filter((each) => each === 'shut').length, 1, 'throttled is no failure here');
  assert.equal(breaker.record('success', false, 0), 'as-it-was', 'sent before it was shut out');
  assert.equal(breaker.record('failure', true, 0), 'shut');
  assert.equal(breaker.record('success', true, 0), 'open');
});

test('too low a rate of successes trips it, once there are enough answers to judge by', () => {
  const successRate = { threshold: 0.8, windowMs: 10_000, minRequests: 10 };
  const breaker = new FailureBreaker({ maxFailures: 0, successRate, backoff: BACKOFF });
  for (let index = 0; index < 9; index++) {
    const verdict = index % 2 === 0 ? 'failure' : 'success';
    assert.equal(breaker.record(verdict, false, index * 100), 'as-it-was');
  }
  assert.equal(breaker.record('throttled', false, 1000), 'shut');
  assert.equal(breaker.record('throttled', true, 1100), 'shut', 'no success');
  assert.equal(breaker.record('success', true, 1200), 'open');
  for (let index = 0; index < 20; index++) {
    assert.equal(breaker.record('success', false, 2000), 'as-it-was');
  }
  for (let index = 0; index < 5; index++) {
    assert.equal(breaker.record('failure', false, 2000), 'as-it-was', '20 of 25 are enough');
  }
  for (let index = 0; index < 9; index++) {
    const verdict = index < 2 ? 'failure' : 'success';
    assert.equal(breaker.record(verdict, false, 14_000), 'as-it-was', 'the old ones are forgotten');
  }
});

test('a quick error costs like a slow answer, longer where the endpoint asks for a pause', () => {
  const options = { penaltyMs: 5000, maxRetryAfterMs: 60_000, decayMs: 10_000 };
  const penalty = new LoadPenalty(options, 0);
  assert.equal(penalty.answered(responseHead(200), -1, 0), false);
  assert.equal(penalty.read(0), 1);
  assert.equal(penalty.answered(responseHead(503), -1, 0), true);
  assert.equal(penalty.read(0), 5000);
  assert.equal(penalty.answered(responseHead(429, [['retry-after', '20']]), -1, 0), true);
  assert.equal(penalty.read(0), 20_000);
  assert.equal(penalty.answered(responseHead(200, [['retry-after', '999']]), 14, 0), true);
  assert.equal(penalty.read(0), 60_000);
  assert.ok(penalty.read(60_000) < 200, 'it fades');
});
