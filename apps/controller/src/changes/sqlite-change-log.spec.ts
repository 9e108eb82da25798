import { strict as assert } from 'node:assert';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { ChangeEvent } from '@tulle/model';
import { createSqliteChangeLog, MAX_CHANGES } from './sqlite-change-log.ts';

const INJECTED = {
  verb: 'injected',
  subject: { kind: 'deployment', namespace: 'emojivoto', name: 'vote-bot' },
  message: 'vote-bot was injected',
  actor: 'you',
} as const;

test('events come back newest first, also to a log opened later on the same database', () => {
  using database = new DatabaseSync(':memory:');
  let atMs = 1000;
  const log = createSqliteChangeLog({ database, now: () => atMs++ });
  log.record(INJECTED);
  log.record({ ...INJECTED, verb: 'uninjected', message: 'vote-bot was taken out' });
  const reopened = createSqliteChangeLog({ database, now: () => 0 });
  assert.deepEqual(
    reopened.recent(10).map(({ atMs: at, verb, subject }) => [at, verb, subject.name]),
    [
      [1001, 'uninjected', 'vote-bot'],
      [1000, 'injected', 'vote-bot'],
    ],
  );
  assert.equal(reopened.recent(1).length, 1);
});

test('listeners hear of each event until they stop', () => {
  using database = new DatabaseSync(':memory:');
  const log = createSqliteChangeLog({ database, now: () => 5 });
  const heard: ChangeEvent[] = [];
  const stop = log.onChange((event) => heard.push(event));
  const recorded = log.record(INJECTED);
  stop();
  log.record(INJECTED);
  assert.deepEqual(heard, [recorded]);
});

test('the log is bounded: old events go', () => {
  using database = new DatabaseSync(':memory:');
  const log = createSqliteChangeLog({ database, now: () => 5 });
  database.exec('BEGIN');
  for (let i = 0; i < MAX_CHANGES + 300; i++) log.record(INJECTED);
  database.exec('COMMIT');
  const { count } = database.prepare('SELECT count(*) AS count FROM changes').get() as {
    count: number;
  };
  assert.ok(count <= MAX_CHANGES + 100, `${count} rows kept`);
});
