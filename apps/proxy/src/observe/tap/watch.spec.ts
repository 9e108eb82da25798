import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  Body_Omission,
  ConditionSchema,
  fromHeaders,
  type Exchange,
  type WatchReply,
} from '@tulle/proxy-api';
import { eventually } from '../../testing/scripted-controller.ts';
import { CLIENT, finish, startTapHarness, type WatchInit } from '../../testing/tap-harness.ts';
import { responseHead } from '../../testing/test-heads.ts';
import { compileOutcome, type Outcome } from './outcome-test.ts';

const EVERYTHING: WatchInit = {
  maxPerSecond: 100,
  match: { match: { case: 'all', value: {} } },
};
const FAILED: WatchInit = {
  ...EVERYTHING,
  outcome: [{ any: [{ test: { case: 'failed', value: true } }] }],
};

function exchangesOf(replies: readonly WatchReply[]): Exchange[] {
  return replies.flatMap(({ exchanges }) => exchanges);
}

test('of 2,000 requests a second an outcome watch tells every failure, and nothing else', async (t) => {
  const { taps, clock, replies, watch, send } = await startTapHarness(t);
  watch(FAILED);
  await eventually(() => taps.active, 'the watch');
  for (let request = 0; request < 2000; request++) {
    clock.ms += 0.5;
    finish(send(`/r/${request}`), request % 100 === 7 ? 503 : 200);
    if (request % 100 === 99) await new Promise(setImmediate);
  }
  await eventually(() => exchangesOf(replies).length === 20, 'all failures');
  const told = exchangesOf(replies);
  assert.deepEqual(
    told.map(({ path }) => path),
    Array.from({ length: 20 }, (_, index) => `/r/${index * 100 + 7}`),
  );
  assert.ok(told.every(({ httpStatus, end }) => httpStatus === 503 && end !== undefined));
  assert.ok(replies.every(({ dropped }) => dropped === 0n));
});

test('the rate counts what matches; what is over it is counted and told', async (t) => {
  const { taps, replies, watch, send } = await startTapHarness(t);
  watch({ ...FAILED, maxPerSecond: 5 });
  await eventually(() => taps.active, 'the watch');
  for (let request = 0; request < 50; request++) finish(send(), request % 2 === 0 ? 200 : 500);
  await eventually(
    () => replies.reduce((sum, { dropped }) => sum + dropped, 0n) === 20n,
    'the count of those lost',
  );
  assert.equal(exchangesOf(replies).length, 5);
});

test('nothing is followed while nobody watches, nor after the watch has gone', async (t) => {
  const { taps, watch, send } = await startTapHarness(t);
  assert.equal(taps.active, false);
  const { ended, stop } = watch(FAILED);
  await eventually(() => taps.active, 'the watch');
  stop.abort();
  await assert.rejects(ended);
  await eventually(() => !taps.active, 'forgetting');
  assert.equal(send().bodyTap, null);
});

test('a summary has who, what, the phases and redacted fields', async (t) => {
  const { taps, clock, replies, watch, send } = await startTapHarness(t);
  watch({ ...EVERYTHING, headers: true });
  await eventually(() => taps.active, 'the watch');
  const exchange = send('/vote?token=hunter2', [['authorization', 'Bearer hunter2']]);
  clock.ms = 5;
  exchange.dialed?.({ connectMs: 2, tlsMs: 3 });
  clock.ms = 40;
  exchange.responseHead(responseHead(200, [['set-cookie', 'session=1']]), false);
  clock.ms = 45;
  exchange.firstBodyByte();
  exchange.responseBytes(12);
  clock.ms = 60;
  exchange.end({ kind: 'complete' });
  await eventually(() => exchangesOf(replies).length === 1, 'the reply');
  const [told] = exchangesOf(replies);
  assert.ok(told);
  assert.equal(told.sourceLabels['client_id'], CLIENT);
  assert.equal(told.path, '/vote');
  const { $typeName: _name, ...timing } = told.timing ?? assert.fail();
  assert.deepEqual(timing, {
    connect: 2,
    tls: 3,
    latency: 40,
    firstByte: 45,
    duration: 60,
    age: 60,
  });
  assert.equal(told.attempt, 1);
  assert.equal(told.responseBytes, 12n);
  const request = new Map(fromHeaders(told.requestHeaders));
  assert.equal(request.get('authorization'), '[redacted]');
  assert.equal(request.get(':path'), '/vote?token=[redacted]');
  assert.equal(new Map(fromHeaders(told.responseHeaders)).get('set-cookie'), '[redacted]');
  assert.equal(told.requestBody, undefined);
});

test('an exchange that stays open is told as it is, and again at its end', async (t) => {
  const { taps, clock, replies, watch, send } = await startTapHarness(t);
  watch({ ...EVERYTHING, openAfterMs: 500 });
  await eventually(() => taps.active, 'the watch');
  const exchange = send();
  clock.ms = 600;
  await eventually(() => exchangesOf(replies).length === 1, 'the open exchange');
  finish(exchange);
  await eventually(() => exchangesOf(replies).length === 2, 'its end');
  const [open, ended] = exchangesOf(replies);
  assert.equal(open?.end, undefined);
  assert.ok(ended?.end);
  assert.equal(open?.id, ended.id);
});

test('bodies are captured only where asked for, bounded, redacted, and only text', async (t) => {
  const { taps, replies, watch, send } = await startTapHarness(t);
  watch({ ...EVERYTHING, bodyBytes: 64 });
  await eventually(() => taps.active, 'the watch');
  const json = send('/login', [['content-type', 'application/json; charset=utf-8']]);
  json.bodyTap?.request(Buffer.from('{"user":"ann","password":"hun'));
  json.bodyTap?.request(Buffer.from('ter2"}'));
  const chunked = [
    ['content-type', 'text/plain'],
    ['transfer-encoding', 'chunked'],
  ] as const;
  json.responseHead(responseHead(200, chunked), false);
  json.bodyTap?.response(Buffer.from('5\r\nhello\r\n6\r\n wor'));
  json.bodyTap?.response(Buffer.from('ld\r\n0\r\n\r\n'));
  json.end({ kind: 'complete' });
  const binary = send('/image', [['content-type', 'text/plain']]);
  binary.bodyTap?.request(Buffer.alloc(100, 'a'));
  binary.responseHead(responseHead(200, [['content-type', 'image/png']]), false);
  binary.bodyTap?.response(Buffer.alloc(9));
  binary.end({ kind: 'complete' });
  await eventually(() => exchangesOf(replies).length === 2, 'both');
  const [first, second] = exchangesOf(replies);
  assert.equal(first?.requestBody?.text, '{"user":"ann","password":"[redacted]"}');
  assert.equal(first.requestBody.isTruncated, false);
  assert.equal(first.responseBody?.text, 'hello world');
  assert.equal(second?.requestBody?.text.length, 64);
  assert.equal(second.requestBody.isTruncated, true);
  assert.equal(second.requestBody.bytes, 100n);
  assert.equal(second.responseBody?.omission, Body_Omission.NOT_TEXT);
  assert.equal(second.responseBody.bytes, 9n);
  assert.equal(second.responseBody.text, '');
});

test('another identity may not watch', async (t) => {
  const { watch, taps } = await startTapHarness(t, CLIENT);
  await assert.rejects(watch(EVERYTHING).ended, (error: unknown) => {
    assert.equal(ConnectError.from(error).code, Code.Unauthenticated);
    return true;
  });
  assert.equal(taps.active, false);
});

for (const [what, change] of [
  ['a rate of 0', { maxPerSecond: 0 }],
  ['a rate past the limit', { maxPerSecond: 10_001 }],
  ['more than 64 KiB of bodies', { bodyBytes: 65_537 }],
  ['an empty condition', { outcome: [{}] }],
  ['open exchanges by their outcome', { ...FAILED, openAfterMs: 1 }],
] as const) {
  test(`${what} is an invalid argument`, async (t) => {
    const { watch } = await startTapHarness(t);
    await assert.rejects(
      watch({ ...EVERYTHING, ...change } as WatchInit).ended,
      (error: unknown) => {
        assert.equal(ConnectError.from(error).code, Code.InvalidArgument);
        return true;
      },
    );
  });
}

test('conditions on the outcome: ranges, what is missing, any of, all of, negated', () => {
  const outcome: Outcome = {
    httpStatus: 503,
    grpcStatus: null,
    resetCode: null,
    latencyMs: 200,
    firstByteMs: 210,
    durationMs: 300,
    responseBytes: 10,
    attempt: 2,
  };
  const passes = (...conditions: Parameters<typeof create<typeof ConditionSchema>>[1][]) =>
    compileOutcome(conditions.map((each) => create(ConditionSchema, each)))(outcome);
  const status = (min: number, max: number) => ({
    test: { case: 'httpStatus' as const, value: { min, max } },
  });
  assert.equal(passes(), true);
  assert.equal(passes({ any: [status(500, 599)] }), true);
  assert.equal(passes({ any: [status(500, 599)], negated: true }), false);
  assert.equal(passes({ any: [status(200, 299), status(503, 503)] }), true);
  assert.equal(passes({ any: [status(500, 599)] }, { any: [status(200, 299)] }), false);
  const latency = (minExclusive: boolean) => ({
    any: [{ test: { case: 'latencyMs' as const, value: { min: 200, minExclusive } } }],
  });
  assert.equal(passes(latency(false)), true);
  assert.equal(passes(latency(true)), false);
  assert.equal(passes({ any: [{ test: { case: 'grpcStatus', value: {} } }] }), false);
  assert.equal(passes({ any: [{ test: { case: 'attempt', value: { min: 2 } } }] }), true);
  assert.equal(passes({ any: [{ test: { case: 'reset', value: false } }] }), true);
});
