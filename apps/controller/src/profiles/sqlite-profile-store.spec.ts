import { strict as assert } from 'node:assert';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { TulleError, type ServiceProfileSpec, type ServiceRef } from '@tulle/model';
import { createSqliteProfileStore, MAX_VERSIONS } from './sqlite-profile-store.ts';

const WEB: ServiceRef = { kind: 'service', namespace: 'emojivoto', name: 'web-svc' };
const VOTE: ServiceProfileSpec = {
  routes: [
    {
      name: 'GET /api/vote',
      condition: { method: 'GET', pathRegex: '/api/vote' },
      timeout: '250ms',
    },
  ],
};

function isConflict(error: unknown): boolean {
  return error instanceof TulleError && error.code === 'conflict';
}

test('a saved profile is there for a store opened later, and its listeners hear of it', async () => {
  using database = new DatabaseSync(':memory:');
  const store = createSqliteProfileStore({ database, now: () => 9 });
  const heard: ServiceRef[] = [];
  store.onChange((service) => heard.push(service));
  const saved = await store.save(WEB, VOTE, 0, 'you');
  assert.equal(saved.version, 1);
  assert.deepEqual(heard, [WEB]);
  const reopened = createSqliteProfileStore({ database, now: () => 9 });
  assert.deepEqual(reopened.get(WEB), saved);
  assert.deepEqual(reopened.list(), [saved]);
});

test('a save made from an older version is refused and changes nothing', async () => {
  using database = new DatabaseSync(':memory:');
  const store = createSqliteProfileStore({ database, now: () => 9 });
  await store.save(WEB, VOTE, 0, 'you');
  await assert.rejects(store.save(WEB, { routes: [] }, 0, 'you'), isConflict);
  assert.deepEqual(store.get(WEB)?.spec, VOTE);
});

test('an invalid profile is refused with the place of the fault', async () => {
  using database = new DatabaseSync(':memory:');
  const store = createSqliteProfileStore({ database, now: () => 9 });
  const broken = { routes: [{ name: 'x', condition: { pathRegex: '/api/vote(' } }] };
  await assert.rejects(store.save(WEB, broken, 0, 'you'), (error: unknown) => {
    assert.ok(error instanceof TulleError);
    assert.equal(error.issues[0]?.path, 'routes[0].condition.pathRegex');
    return true;
  });
  assert.equal(store.get(WEB), null);
});

test('a removed profile is gone, and versions go on from where they were', async () => {
  using database = new DatabaseSync(':memory:');
  const store = createSqliteProfileStore({ database, now: () => 9 });
  await store.save(WEB, VOTE, 0, 'you');
  await store.remove(WEB, 1, 'you');
  assert.equal(store.get(WEB), null);
  const reopened = createSqliteProfileStore({ database, now: () => 9 });
  assert.equal((await reopened.save(WEB, VOTE, 0, 'you')).version, 3);
});

test('old versions are pruned', async () => {
  using database = new DatabaseSync(':memory:');
  const store = createSqliteProfileStore({ database, now: () => 9 });
  for (let version = 0; version < MAX_VERSIONS + 10; version++)
    await store.save(WEB, VOTE, version, 'you');
  const { count } = database.prepare('SELECT count(*) AS count FROM profiles').get() as {
    count: number;
  };
  assert.equal(count, MAX_VERSIONS);
});
