import assert from 'node:assert/strict';
import { keyOf } from '@tulle/model';
import { createLiveClient } from '@tulle/live/client';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';
import type { Live } from './create-live.ts';
import {
  BOT,
  doughnut,
  golden,
  identityOf,
  instance,
  liveOf,
  NOW_MS,
  pod,
  service,
  tcp,
  VOTING,
  WEB,
  workload,
} from './testing/recorded-mesh.ts';
import type { Recorded } from './testing/recorded-mesh.ts';

let cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  cleanups = [];
});

async function open(recorded: Recorded): Promise<Live> {
  const live = await liveOf(recorded);
  cleanups.push(() => live.close());
  return live;
}

test('the overview says who fails, who is dragged down and who is outside, with evidence', async () => {
  const { views } = await open(doughnut());
  const { attention, instances } = views.overview();
  assert.deepEqual(
    attention.map(({ workload, headline, evidence }) => [workload.name, headline, evidence]),
    [
      [
        'voting',
        'fails 15.0 % of its requests',
        'Since 14:10. 100 % of the failures are VoteDoughnut (gRPC Unknown), on both instances.',
      ],
      [
        'web',
        'is dragged down by voting',
        '7.5 % of its requests fail; every one waited on voting. Since 14:10.',
      ],
      [
        'vote-bot',
        'is outside the mesh',
        '1 instance calls web in plain text. Injecting it would make that edge mutual TLS.',
      ],
    ],
  );
  assert.deepEqual(attention[1]?.cause, VOTING);
  assert.deepEqual(instances, { meshed: 3, total: 4 });
});

test('failures that no called workload shares are the workload’s own', async () => {
  const recorded = doughnut();
  recorded.edges = [];
  const { views } = await open(recorded);
  const web = views.overview().attention.find(({ workload: { name } }) => name === 'web');
  assert.equal(web?.kind, 'fails');
});

test('an instance that does not become ready needs a person', async () => {
  const recorded = doughnut();
  recorded.golden = {};
  const reason = 'It ended with exit code 1.';
  recorded.instances[1] = { ...instance('voting-1', VOTING, true), phase: 'failed', reason };
  const { views } = await open(recorded);
  const [first] = views.overview().attention;
  assert.equal(first?.headline, 'has 1 of 2 instances not ready');
  assert.match(first.evidence, /voting-1: It ended with exit code 1/);
});

test('an edge is mutual TLS only when both sides say so', async () => {
  const recorded = doughnut();
  const { views } = await open(recorded);
  const [edge] = views.workload(WEB)?.calls ?? [];
  assert.equal(edge?.security, 'mutual-tls');
  assert.equal(edge.clientIdentity, identityOf('web'));
  assert.equal(edge.serverIdentity, identityOf('voting'));
  recorded.clients[keyOf(VOTING)] = [
    {
      channel: { kind: 'plain', reason: 'no_tls_from_remote' },
      idleSeconds: 0,
      golden: golden(51, 9),
      tcp: tcp(2),
    },
  ];
  const [doubted] = views.workload(WEB)?.calls ?? [];
  assert.equal(doubted?.security, 'plain');
  assert.equal(doubted.plainReason, 'the caller is outside the mesh');
});

test('plain traffic is the one outsider’s that the platform knows', async () => {
  const { views } = await open(doughnut());
  const [edge, ...more] = views.workload(WEB)?.calledBy ?? [];
  assert.deepEqual(edge?.peer, BOT);
  assert.equal(edge.golden?.failureCount, 9);
  assert.equal(more.length, 0);
  assert.deepEqual(
    views.workload(BOT)?.calls.map(({ peer, security }) => [peer?.name, security]),
    [['web', 'plain']],
  );
});

test('plain traffic of several outsiders is nobody’s in particular', async () => {
  const recorded = doughnut();
  recorded.plain.push({
    from: workload('other'),
    service: service('web-svc'),
    toPod: pod('web-1'),
    open: 1,
  });
  const { views } = await open(recorded);
  const edges = views.workload(WEB)?.calledBy ?? [];
  assert.deepEqual(
    edges.map(({ peer, golden: numbers }) => [peer?.name ?? null, numbers !== null]),
    [
      ['vote-bot', false],
      ['other', false],
      [null, true],
    ],
  );
});

test('an outsider that was injected leaves no plain edge behind', async () => {
  const recorded = doughnut();
  const { views } = await open(recorded);
  recorded.plain = [];
  recorded.instances[3] = instance('vote-bot-2', BOT, true);
  recorded.edges.push({
    from: BOT,
    to: WEB,
    channel: { kind: 'mutual-tls', identity: identityOf('web') },
    golden: golden(10, 0),
    tcp: tcp(1),
  });
  const before = recorded.clients[keyOf(WEB)]?.[0];
  assert.ok(before);
  recorded.clients[keyOf(WEB)] = [
    { ...before, idleSeconds: 4, tcp: tcp(0) },
    {
      channel: { kind: 'mutual-tls', identity: identityOf('vote-bot') },
      idleSeconds: 0,
      golden: golden(10, 0),
      tcp: tcp(1),
    },
  ];
  assert.deepEqual(
    views.workload(WEB)?.calledBy.map(({ peer, security }) => [peer?.name, security]),
    [['vote-bot', 'mutual-tls']],
  );
});

test('routes carry their numbers, and paths that match none are proposed', async () => {
  const recorded = doughnut();
  const spec = { name: 'GET /api/vote', condition: { method: 'GET', pathRegex: '/api/vote' } };
  recorded.profiles = [
    {
      namespace: 'demo',
      service: 'web-svc',
      version: 3,
      spec: { routes: [spec] },
      savedAtMs: 0,
      savedBy: 'you',
    },
  ];
  recorded.routes = [
    { route: 'GET /api/vote', inbound: golden(5, 5), effective: null, actual: null },
    { route: '', inbound: golden(60, 0), effective: null, actual: null },
  ];
  const { views } = await open(recorded);
  const routes = views.routes(service('web-svc'));
  assert.equal(routes?.version, 3);
  assert.deepEqual(
    routes.routes.map(({ name, golden: numbers }) => [name, numbers?.successRate]),
    [
      ['GET /api/vote', 0.5],
      ['[DEFAULT]', 1],
    ],
  );
  assert.deepEqual(routes.unmatched, [{ method: 'GET', path: '/api/list', count: 60 }]);
  assert.equal(views.routes(service('nobody')), null);
});

test('a rollout tells when the first answer passed a new proxy', async () => {
  const recorded = doughnut();
  recorded.rollouts = [
    {
      id: '1',
      workload: WEB,
      cause: 'inject',
      step: 'done',
      replaced: 1,
      total: 1,
      startedAtMs: NOW_MS - 60_000,
      endedAtMs: NOW_MS - 50_000,
      message: null,
    },
  ];
  const { views } = await open(recorded);
  assert.equal(views.rollout(WEB).firstRequestAtMs, null);
  const unknown = { startedAtMs: null, certificateExpiresAtMs: null };
  recorded.facts['web-1'] = {
    ...unknown,
    certificateRefreshedAtMs: null,
    firstResponseAtMs: NOW_MS - 40_000,
  };
  assert.equal(views.rollout(WEB).firstRequestAtMs, NOW_MS - 40_000);
});

test('a viewer gets the overview over the WebSocket, and a clear refusal for what is not there', async () => {
  const live = await open(doughnut());
  const http = createServer();
  http.on('upgrade', (request, socket, head) => live.handleUpgrade(request, socket, head));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  cleanups.unshift(() => http.close());
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/live`;
  const client = createLiveClient({ url });
  cleanups.push(() => client.close());
  const overview = await new Promise((resolve) =>
    client.state('overview', {}).subscribe((snapshot) => resolve(snapshot)),
  );
  const data = JSON.parse(JSON.stringify(live.views.overview())) as unknown;
  assert.deepEqual(overview, { kind: 'data', data, stale: false });
  const refused = await new Promise((resolve) =>
    client
      .state('workload', { workload: 'demo/deployment/nobody' })
      .subscribe((snapshot) => resolve(snapshot)),
  );
  assert.match(JSON.stringify(refused), /not_found.*There is no deployment nobody/);
});
