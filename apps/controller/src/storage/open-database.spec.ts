import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openDatabase, refusedWrite } from './open-database.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tulle-db-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what was written is there after it is opened again, in a folder made on the way', () => {
  const path = join(folder, 'deep/er/state.db');
  {
    using database = openDatabase(path, () => 0).database;
    database.exec('CREATE TABLE t (x); INSERT INTO t VALUES (7)');
  }
  const again = openDatabase(path, () => 0);
  using database = again.database;
  assert.equal(again.corruptMovedTo, null);
  assert.deepEqual({ ...database.prepare('SELECT x FROM t').get() }, { x: 7 });
});

test('a file that is no database is moved aside, kept, and a fresh one is started', () => {
  const path = join(folder, 'state.db');
  writeFileSync(path, 'this was a database once, before the disk had a bad day');
  const { database, corruptMovedTo } = openDatabase(path, () => 42);
  using fresh = database;
  assert.equal(corruptMovedTo, `${path}.corrupt-42`);
  assert.match(readFileSync(`${path}.corrupt-42`, 'utf8'), /bad day/);
  fresh.exec('CREATE TABLE t (x)');
});

test('a disk that is full is a sentence for who asked, not a bug', () => {
  using database = openDatabase(join(folder, 'state.db'), () => 0).database;
  database.exec('CREATE TABLE t (x); PRAGMA max_page_count = 2');
  let refusal: unknown;
  try {
    database.prepare('INSERT INTO t VALUES (zeroblob(100000))').run();
  } catch (error) {
    refusal = error;
  }
  assert.equal(refusedWrite(refusal)?.code, 'unavailable');
  assert.match(refusedWrite(refusal)?.message ?? '', /disk is full.*Free some space/);
  assert.equal(refusedWrite(new Error('a bug')), null);
});
