import { strict as assert } from 'node:assert';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import {
  API_PREFIX,
  TulleError,
  type ErrorBody,
  type PlatformState,
  type RolloutState,
  type StoredProfile,
  type WorkloadRef,
} from '@tulle/model';
import { createChangeDoor } from '../changes/change-door.ts';
import { createSqliteChangeLog } from '../changes/sqlite-change-log.ts';
import type { Views } from '../live/views.ts';
import type { Platform } from '../platform/platform.ts';
import { createSqliteProfileStore } from '../profiles/sqlite-profile-store.ts';
import { LOCAL_PERSON } from '../web/person.ts';
import { ONLY_ONE } from '../web/who-asks.ts';
import { ALL_RIGHTS } from './rights.ts';
import { createApiRoutes } from './api-routes.ts';
import { createRouter } from './router.ts';

const VOTE_BOT: WorkloadRef = { kind: 'deployment', namespace: 'emojivoto', name: 'vote-bot' };
const STATE: PlatformState = {
  revision: 1,
  workloads: [
    {
      ref: VOTE_BOT,
      replicas: 1,
      serviceAccount: 'vote-bot',
      inject: 'disabled',
      ports: [],
      createdAtMs: 0,
    },
  ],
  instances: [],
  services: [
    {
      ref: { kind: 'service', namespace: 'emojivoto', name: 'web-svc' },
      clusterIp: '10.96.0.1',
      ports: [],
      workloads: [{ ...VOTE_BOT, name: 'web' }],
    },
  ],
  rollouts: [],
};
const ROLLOUT: RolloutState = {
  id: 'r1',
  workload: VOTE_BOT,
  cause: 'inject',
  step: 'starting',
  replaced: 0,
  total: 1,
  startedAtMs: 0,
  endedAtMs: null,
  message: null,
};
const NOTHING_MEASURED = { atMs: 0, windowSeconds: 60, proxiesAnswered: 0, proxiesExpected: 0 };
const NOTHING_SEEN: Views = {
  overview: () => {
    throw new Error('secret detail of a bug');
  },
  map: () => ({ provenance: NOTHING_MEASURED, nodes: {}, edges: {} }),
  workload: () => null,
  why: () => null,
  rollout: () => ({ rollout: null, firstRequestAtMs: null }),
  routes: () => null,
  series: () => [],
};

let database: DatabaseSync;
let server: Server;
let base = '';
const bugs: TulleError[] = [];

beforeEach(async () => {
  database = new DatabaseSync(':memory:');
  const platform: Platform = {
    state: () => STATE,
    connected: () => true,
    onChange: () => () => undefined,
    setInject: async () => ROLLOUT,
    restart: async () => {
      throw new TulleError('conflict', 'vote-bot is being replaced already.');
    },
    reviewToken: async () => ({ authenticated: false, reason: 'not asked here' }),
    sources: async () => ({ sources: {}, plainConnections: [] }),
    podLog: async (pod, container, lines) => `${pod.name} ${container} ${lines}`,
    close: () => undefined,
  };
  const profiles = createSqliteProfileStore({ database, now: () => 1 });
  const changes = createSqliteChangeLog({ database, now: () => 1 });
  const door = createChangeDoor({ platform, profiles, changes });
  const version = {
    version: '0.1.0',
    platform: 'local',
    startedAtMs: 0,
    trustDomain: 'cluster.local',
  } as const;
  const routes = createApiRoutes({
    platform,
    profiles,
    changes,
    door,
    views: NOTHING_SEEN,
    version,
    whoAsks: ONLY_ONE,
    rightsOf: ALL_RIGHTS,
  });
  const router = createRouter(API_PREFIX, routes, (bug) => bugs.push(bug));
  server = createServer((request, response) => router.handle(request, response, LOCAL_PERSON));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}${API_PREFIX}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  database.close();
});

async function send(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(base + path, {
    method,
    ...(body === undefined
      ? {}
      : {
          headers: { 'content-type': 'application/json' },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type') === 'application/json';
  return { status: answer.status, body: isJson ? JSON.parse(text) : text };
}

function errorIn(body: unknown): ErrorBody {
  return (body as { error: ErrorBody }).error;
}

const VOTE = {
  routes: [
    { name: 'GET /api/vote', condition: { method: 'GET', pathRegex: '/api/vote' }, timeout: '1s' },
  ],
};

test('routes are saved, read back, refused when stale, removed, and each change is on record', async () => {
  const path = '/profiles/emojivoto/web-svc';
  assert.equal(((await send('GET', path)).body as StoredProfile).version, 0);
  assert.equal((await send('PUT', path, { baseVersion: 0, spec: VOTE })).status, 200);
  const stale = await send('PUT', path, { baseVersion: 0, spec: { routes: [] } });
  assert.equal(stale.status, 409);
  assert.match(errorIn(stale.body).message, /version 1 is in force now/);
  assert.deepEqual(((await send('GET', path)).body as StoredProfile).spec, VOTE);
  assert.equal((await send('DELETE', `${path}?baseVersion=1`)).status, 204);
  const changes = (await send('GET', '/changes')).body as { message: string }[];
  assert.deepEqual(
    changes.map(({ message }) => message),
    ['web-svc lost its routes', 'svc/web-svc: route GET /api/vote added'],
  );
});

test('a bad route is refused with the place of the fault, and validate says the same without saving', async () => {
  const spec = { routes: [{ name: 'x', condition: { pathRegex: '/api/vote(' } }] };
  const refused = await send('PUT', '/profiles/emojivoto/web-svc', { baseVersion: 0, spec });
  assert.equal(refused.status, 400);
  const validated = await send('POST', '/profiles/emojivoto/web-svc/validate', { spec });
  assert.deepEqual(errorIn(refused.body).issues, (validated.body as { issues: unknown }).issues);
  assert.equal(errorIn(refused.body).issues?.[0]?.path, 'routes[0].condition.pathRegex');
});

test('injection is planned before it is done', async () => {
  const path = '/workloads/emojivoto/deployment/vote-bot';
  const plan = await send('GET', `${path}/inject-plan?to=enabled`);
  assert.equal(plan.status, 200);
  assert.deepEqual((plan.body as { written: unknown }).written, [
    'spec.template.metadata.annotations',
    '+ linkerd.io/inject: enabled',
  ]);
  assert.equal((await send('GET', `${path}/inject-plan?to=disabled`)).status, 409);
  const done = await send('PUT', `${path}/inject`, { inject: 'enabled' });
  assert.equal(done.status, 202);
  assert.equal((await send('PUT', `${path}/inject`, { inject: 'yes' })).status, 400);
  const restart = await send('POST', `${path}/restart`, {});
  assert.equal(errorIn(restart.body).message, 'vote-bot is being replaced already.');
});

test('what is not there, not allowed or not JSON is said plainly', async () => {
  assert.equal((await send('GET', '/nothing')).status, 404);
  assert.equal((await send('GET', '/profiles/emojivoto/nobody')).status, 404);
  assert.equal((await send('DELETE', '/overview')).status, 405);
  assert.equal((await send('PUT', '/profiles/emojivoto/web-svc', '{"baseVersion":')).status, 400);
  const form = await fetch(`${base}/profiles/emojivoto/web-svc`, { method: 'PUT', body: 'a=b' });
  assert.equal(form.status, 415);
  assert.equal((await send('GET', '/series?resource=nonsense')).status, 400);
  assert.equal((await send('GET', '/changes?limit=0')).status, 400);
  assert.equal((await send('GET', '/pods/emojivoto/web-1/log?container=init')).status, 400);
  assert.equal(
    (await send('GET', '/pods/emojivoto/web-1/log?container=proxy&tailLines=5')).body,
    'web-1 proxy 5',
  );
});

test('a body larger than 1 MiB is refused', async () => {
  const body = { baseVersion: 0, spec: { routes: [], padding: 'x'.repeat(1024 * 1024) } };
  const answer = await send('PUT', '/profiles/emojivoto/web-svc', body);
  assert.match(errorIn(answer.body).message, /larger than 1 MiB/);
});

test('a bug of ours is told to the log, not to the client', async () => {
  const answer = await send('GET', '/overview');
  assert.equal(answer.status, 500);
  assert.doesNotMatch(JSON.stringify(answer.body), /secret/);
  assert.match(bugs.at(-1)?.message ?? '', /secret detail/);
});
