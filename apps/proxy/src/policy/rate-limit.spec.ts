import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { inbound } from '@tulle/proxy-api';
import { PolicyFault } from './policy-fault.ts';
import { LocalRateLimit } from './rate-limit.ts';

function limit(init: Parameters<typeof create<typeof inbound.HttpLocalRateLimitSchema>>[1]) {
  return new LocalRateLimit(create(inbound.HttpLocalRateLimitSchema, init));
}

test('after a quiet time a second’s worth passes at once, then one each interval', () => {
  const limits = limit({ total: { requestsPerSecond: 3 } });
  const passes = (nowMs: number) => limits.check('', nowMs) === null;
  assert.deepEqual([0, 0, 0, 0].map(passes), [true, true, true, false]);
  assert.deepEqual([333, 334, 334, 667].map(passes), [false, true, false, true]);
  assert.deepEqual([60_000, 60_000, 60_000, 60_000].map(passes), [true, true, true, false]);
});

test('more clients than are told apart share one bucket until others have been quiet', () => {
  const limits = limit({ identity: { requestsPerSecond: 1 } });
  for (let index = 0; index < 10_000; index++) assert.equal(limits.check(`c${index}`, 0), null);
  assert.equal(limits.check('late-1', 1), null, 'the shared bucket');
  assert.equal(limits.check('late-2', 1), 'identity');
  assert.equal(limits.check('c5', 1), 'identity');
  assert.equal(limits.check('late-2', 2000), null, 'the quiet ones are forgotten');
  assert.equal(limits.check('late-3', 2000), null);
});

test('a limit of nothing is a fault', () => {
  assert.throws(() => limit({ total: { requestsPerSecond: 0 } }), PolicyFault);
});
