import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHeaders, toDuration, type WatchReply } from '@tulle/proxy-api';
import { eventually } from '../../testing/scripted-controller.ts';
import { startTapHarness, type WatchInit } from '../../testing/tap-harness.ts';
import { PLAIN_PEER, requestHead } from '../../testing/test-heads.ts';

const REFUSED: WatchInit = {
  maxPerSecond: 100,
  match: { match: { case: 'all', value: {} } },
  headers: true,
  outcome: [{ any: [{ test: { case: 'httpStatus', value: { min: 400, max: 499 } } }] }],
};

function onlyExchange(replies: readonly WatchReply[]) {
  const [exchange, ...others] = replies.flatMap(({ exchanges }) => exchanges);
  assert.ok(exchange !== undefined && others.length === 0);
  return exchange;
}

test('a client that is not let in is seen by who watches for its status', async (t) => {
  const { targets, controller, changes, replies, watch, taps } = await startTapHarness(t);
  controller.setServer(9100, {
    labels: { group: 'policy', kind: 'server', name: 'closed' },
    protocol: { kind: { case: 'detect', value: { timeout: toDuration(1000) } } },
  });
  const target = targets.inbound({ host: '127.0.0.1', port: 9100 });
  // The other is the harness's own port, which has none.
  await eventually(() => changes() === 2, 'the policy');
  watch(REFUSED);
  await eventually(() => taps.active, 'the watch');
  const refused = await target.http.begin(requestHead({ path: '/secret' }), PLAIN_PEER);
  assert.equal(refused.kind, 'refusal');
  await eventually(() => replies.some(({ exchanges }) => exchanges.length > 0), 'the exchange');
  const seen = onlyExchange(replies);
  assert.equal(seen.httpStatus, 403);
  assert.equal(seen.path, '/secret');
  assert.ok(seen.end !== undefined && seen.end.resetCode === undefined);
  assert.equal(seen.destinationLabels['srv_name'], 'closed');
  const fields = Object.fromEntries(fromHeaders(seen.responseHeaders));
  assert.equal(fields['l5d-proxy-error'], 'unauthorized request');
});

test('a request that waited in vain says how long, and a gRPC one its own status', async (t) => {
  const { targets, controller, clock, replies, watch, taps } = await startTapHarness(t);
  controller.setProfile('10.96.0.9:80', { fullyQualifiedName: 'web.test.svc.cluster.local' });
  const metadata = {
    kind: {
      case: 'resource' as const,
      value: { group: 'core', kind: 'Service', name: 'web', namespace: 'test' },
    },
  };
  const none = { routes: [] };
  controller.setPolicy('10.96.0.9:80', {
    metadata,
    protocol: {
      kind: {
        case: 'detect',
        value: { timeout: toDuration(1000), opaque: none, http1: none, http2: none },
      },
    },
  });
  watch({ ...REFUSED, outcome: [{ any: [{ test: { case: 'grpcStatus', value: { min: 5 } } }] }] });
  await eventually(() => taps.active, 'the watch');
  // Its discovery has just begun.
  const target = targets.outbound({ host: '10.96.0.9', port: 80 });
  const begun = target.http.begin(requestHead({ path: '/pkg.S/Call', isGrpc: true }), PLAIN_PEER);
  clock.ms += 70;
  const answer = await begun;
  assert.equal(answer.kind, 'refusal');
  await eventually(() => replies.some(({ exchanges }) => exchanges.length > 0), 'the exchange');
  const seen = onlyExchange(replies);
  assert.equal(seen.grpcStatus, 5);
  assert.equal(seen.timing?.queue, 70);
});
