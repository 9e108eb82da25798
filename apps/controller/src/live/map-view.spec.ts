import assert from 'node:assert/strict';
import { keyOf } from '@tulle/model';
import { test } from 'node:test';
import {
  BOT,
  doughnut,
  golden,
  identityOf,
  liveOf,
  tcp,
  VOTING,
  WEB,
} from './testing/recorded-mesh.ts';

test('the map has every workload once and every pair that speaks once, with how it is secured', async () => {
  await using live = await mapOf(doughnut());
  const { nodes, edges } = live.views.map();
  assert.deepEqual(
    Object.values(nodes).map(({ ref, health }) => [ref.name, health]),
    [
      ['web', 'degraded'],
      ['voting', 'failing'],
      ['vote-bot', 'outside'],
    ],
  );
  assert.deepEqual(
    Object.entries(edges).map(([key, { security, golden: numbers }]) => [
      key,
      security,
      numbers?.failureCount,
    ]),
    [
      [`${keyOf(BOT)}>${keyOf(WEB)}`, 'plain', 9],
      [`${keyOf(WEB)}>${keyOf(VOTING)}`, 'mutual-tls', 9],
    ],
  );
  const toVoting = edges[`${keyOf(WEB)}>${keyOf(VOTING)}`];
  assert.deepEqual(
    [toVoting?.clientIdentity, toVoting?.serverIdentity],
    [identityOf('web'), identityOf('voting')],
  );
});

test('traffic to destinations outside the mesh is one edge that ends nowhere', async () => {
  const recorded = doughnut();
  const channel = { kind: 'plain', reason: 'not_provided_by_service_discovery' } as const;
  recorded.edges.push(
    { from: WEB, to: null, channel, golden: golden(30, 0), tcp: tcp(1) },
    { from: WEB, to: null, channel, golden: null, tcp: tcp(3) },
  );
  await using live = await mapOf(recorded);
  const edge = live.views.map().edges[`${keyOf(WEB)}>`];
  assert.equal(edge?.tcp?.openConnections, 4);
  assert.equal(edge.security, 'plain');
});

async function mapOf(recorded: Parameters<typeof liveOf>[0]) {
  const live = await liveOf(recorded);
  return { views: live.views, [Symbol.asyncDispose]: () => live.close() };
}
