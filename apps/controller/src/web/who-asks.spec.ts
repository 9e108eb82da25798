import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';
import { TulleError } from '@tulle/model';
import type { ControllerConfig } from '../config/controller-config.ts';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { onBehalfOf, type Person } from './person.ts';
import { cookieOf } from './session-cookie.ts';
import { createClusterWhoAsks } from './who-asks.ts';

let cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups) cleanup();
  cleanups = [];
});

const clock = { ms: 0 };
const reviews: string[] = [];
const known = new Set(['good']);
const api = {
  request: async ({ body }: { body?: unknown }) => {
    const { token } = (body as { spec: { token: string } }).spec;
    reviews.push(token);
    if (token === 'outage') throw new TulleError('unavailable', 'The API cannot be reached.');
    const user = { username: 'anna', groups: ['dev'] };
    return { status: known.has(token) ? { authenticated: true, user } : {} };
  },
} as Pick<KubernetesApi, 'request'>;

const PROXY = { userHeader: 'x-user', groupsHeader: 'x-groups', cidrs: ['127.0.0.0/8'] };

/** Who a real request from 127.0.0.1 with these headers is taken for. */
async function who(
  headers: Record<string, string | string[]>,
  settings: Partial<ControllerConfig['access']> = {},
): Promise<Person> {
  const whoAsks = createClusterWhoAsks({
    api,
    anonymous: 'none',
    authProxy: null,
    now: () => clock.ms,
    ...settings,
  });
  const { promise, resolve, reject } = Promise.withResolvers<Person>();
  const server = createServer((incoming, response) => {
    whoAsks.of(incoming).then(resolve, reject);
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  cleanups.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  request({ host: '127.0.0.1', port, headers, agent: false }, (answer) => answer.resume()).end();
  return promise;
}

test('a token, in the header or the cookie, is who the cluster says; what it may do is asked with it', async () => {
  for (const headers of [
    { authorization: 'Bearer good' },
    { cookie: `other=1; ${cookieOf('good', false).split(';')[0]}` },
  ]) {
    const person = await who(headers);
    assert.deepEqual([person.kind, person.name, person.groups], ['token', 'anna', ['dev']]);
    assert.deepEqual(onBehalfOf(person, 'tap'), { authorization: 'Bearer good' });
  }
});

test('an unknown token is nobody, with the reason, even where strangers may read', async () => {
  const person = await who({ authorization: 'Bearer bad' }, { anonymous: 'read' });
  assert.equal(person.kind, 'nobody');
  assert.match(person.refused ?? '', /does not know this token/);
  assert.equal((await who({ authorization: 'Basic eDp5' })).kind, 'nobody');
});

test('a token is remembered for half a minute and no longer; an outage is not taken for a refusal', async () => {
  const whoAsks = createClusterWhoAsks({
    api,
    anonymous: 'none',
    authProxy: null,
    now: () => clock.ms,
  });
  known.add('short');
  reviews.length = 0;
  await whoAsks.ofToken('short');
  known.delete('short');
  assert.equal((await whoAsks.ofToken('short')).kind, 'token');
  assert.equal(reviews.length, 1);
  clock.ms += 31_000;
  assert.equal((await whoAsks.ofToken('short')).kind, 'nobody');
  await assert.rejects(whoAsks.ofToken('outage'), /cannot be reached/);
});

test('headers count from the authenticating proxy’s own addresses only, each once', async () => {
  const headers = { 'x-user': 'bert', 'x-groups': 'ops, qa' };
  assert.equal((await who(headers)).kind, 'nobody');
  const elsewhere = { ...PROXY, cidrs: ['10.0.0.0/8', 'fd00::/8'] };
  assert.equal((await who(headers, { authProxy: elsewhere })).kind, 'nobody');
  const person = await who(headers, { authProxy: PROXY });
  assert.deepEqual(onBehalfOf(person, 'tap'), {
    'impersonate-user': 'bert',
    'impersonate-group': ['ops', 'qa', 'system:authenticated'],
  });
  const twice = await who({ ...headers, 'x-user': ['bert', 'anna'] }, { authProxy: PROXY });
  assert.equal(twice.kind, 'nobody');
});

test('no proxy makes anybody the cluster’s master', async () => {
  const headers = { 'x-user': 'bert', 'x-groups': 'ops,system:masters' };
  assert.equal((await who(headers, { authProxy: PROXY })).kind, 'nobody');
});

test('who has not signed in may read where that is wanted, and is told what is missing for more', async () => {
  assert.equal((await who({})).kind, 'nobody');
  for (const anonymous of ['local', 'read'] as const) {
    const person = await who({}, { anonymous });
    assert.equal(person.kind, 'anonymous');
    assert.throws(() => onBehalfOf(person, 'tap'), /not enough to tap: sign in with a token/);
  }
});
