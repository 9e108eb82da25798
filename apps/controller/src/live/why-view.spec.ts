import assert from 'node:assert/strict';
import { parseFilter, type WorkloadRef } from '@tulle/model';
import { test } from 'node:test';
import { BOT, doughnut, golden, liveOf, VOTING, WEB, workload } from './testing/recorded-mesh.ts';
import type { Recorded } from './testing/recorded-mesh.ts';

async function whyOf(recorded: Recorded) {
  const live = await liveOf(recorded);
  return {
    why: (ref: WorkloadRef) => live.views.why(ref),
    [Symbol.asyncDispose]: () => live.close(),
  };
}

function withSuccesses(): Recorded {
  const recorded = doughnut();
  const joy = { method: 'POST', route: null, httpStatus: 200, grpcStatus: 0, failed: false };
  const path = '/emojivoto.v1.VotingService/VoteJoy';
  recorded.seen['demo/deployment/voting']?.push(
    { ...joy, path, source: WEB, pod: 'voting-1', count: 26 },
    { ...joy, path, source: WEB, pod: 'voting-2', count: 25 },
  );
  return recorded;
}

test('failures are told apart by route, status, instance and caller, what stands out is marked', async () => {
  await using mesh = await whyOf(withSuccesses());
  const view = mesh.why(VOTING);
  assert.equal(view?.sampledFailures, 9);
  assert.equal(view.sampledRequests, 60);
  assert.deepEqual(
    view.facets.map(({ property, values }) => [
      property,
      values.map(({ words, failures, requests, overRepresented }) => [
        words,
        failures,
        requests,
        overRepresented,
      ]),
    ]),
    [
      ['route', [['VoteDoughnut', 9, 9, true]]],
      ['status', [['gRPC Unknown', 9, 9, false]]],
      [
        'instance',
        [
          ['voting-1', 5, 31, false],
          ['voting-2', 4, 29, false],
        ],
      ],
      ['caller', [['web', 9, 60, false]]],
    ],
  );
  assert.match(
    view.sentence ?? '',
    /^100 % of the failures are VoteDoughnut .* Since \d\d:\d\d\.$/,
  );
});

test('every value leads to a tap filter that can be read', async () => {
  await using mesh = await whyOf(withSuccesses());
  const filters = mesh.why(VOTING)?.facets.flatMap(({ values }) => values.map((v) => v.filter));
  assert.deepEqual(filters, [
    'path:/emojivoto.v1.VotingService/VoteDoughnut failed:yes',
    'grpc:Unknown failed:yes',
    'dst:voting-1 failed:yes',
    'dst:voting-2 failed:yes',
    'src:web failed:yes',
  ]);
  for (const filter of filters ?? []) assert.ok(parseFilter(filter).ok, filter);
});

test('a called workload that failed is named with how many failures lie on the way to it', async () => {
  const recorded = withSuccesses();
  recorded.edges.push({
    from: WEB,
    to: BOT,
    channel: { kind: 'plain', reason: '' },
    golden: golden(10, 0),
    tcp: null,
  });
  await using mesh = await whyOf(recorded);
  assert.deepEqual(mesh.why(WEB)?.callees, [{ workload: VOTING, failures: 9 }]);
});

test('nothing failed, nothing is said; an unknown workload is no view', async () => {
  const recorded = doughnut();
  recorded.seen = {};
  await using mesh = await whyOf(recorded);
  assert.equal(mesh.why(VOTING)?.sentence, null);
  assert.equal(mesh.why(workload('nobody')), null);
});
