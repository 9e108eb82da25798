import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { TulleError } from '@tulle/model';
import { loadAuthority, loadOrCreateAuthority } from './load-authority.ts';

const NAMES = { controlPlaneNamespace: 'tulle', trustDomain: 'cluster.local' };
const DAY_MS = 24 * 60 * 60 * 1000;

async function emptyDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tulle-pki-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return join(dir, 'identity');
}

function unavailable(pattern: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof TulleError && error.code === 'unavailable' && pattern.test(error.message);
}

test('an authority is made once and found again, its files readable by the owner only', async (t) => {
  const dir = await emptyDir(t);
  const first = await loadOrCreateAuthority(dir, NAMES);
  const second = await loadOrCreateAuthority(dir, NAMES);
  assert.deepEqual([first.origin, second.origin], ['created', 'found']);
  assert.equal(first.authority.trustAnchorsPem, second.authority.trustAnchorsPem);
  assert.equal((await loadAuthority(dir)).issuerPem, first.authority.issuerPem);
  assert.deepEqual((await readdir(dir)).sort(), ['ca.crt', 'issuer.crt', 'issuer.key']);
  for (const file of await readdir(dir)) {
    assert.equal((await stat(join(dir, file))).mode & 0o777, 0o600, file);
  }
});

test('a folder whose making was interrupted is made anew', async (t) => {
  const dir = await emptyDir(t);
  await loadOrCreateAuthority(dir, NAMES);
  await rm(join(dir, 'issuer.key'));
  await assert.rejects(loadAuthority(dir), unavailable(/no issuer.key/));
  assert.equal((await loadOrCreateAuthority(dir, NAMES)).origin, 'created');
});

test('an authority about to end is renewed by its owner and refused by a reader once ended', async (t) => {
  const dir = await emptyDir(t);
  await loadOrCreateAuthority(dir, NAMES);
  await assert.rejects(
    loadAuthority(dir, () => Date.now() + 366 * DAY_MS),
    unavailable(/ended at/),
  );
  const later = await loadOrCreateAuthority(dir, NAMES, () => Date.now() + 340 * DAY_MS);
  assert.equal(later.origin, 'renewed');
});

test('a damaged or foreign file is named, with what to do', async (t) => {
  const dir = await emptyDir(t);
  const other = await emptyDir(t);
  await loadOrCreateAuthority(dir, NAMES);
  await loadOrCreateAuthority(other, NAMES);
  const kept = await readFile(join(dir, 'ca.crt'), 'utf8');
  const cases: [string, string | null, RegExp][] = [
    ['ca.crt', 'nonsense', /ca\.crt is damaged; remove the folder/],
    ['ca.crt', null, /ca\.crt is missing/],
    [
      'ca.crt',
      await readFile(join(other, 'ca.crt'), 'utf8'),
      /issuer\.crt is not signed by ca\.crt/,
    ],
    ['issuer.crt', '', /issuer\.crt is damaged/],
    ['issuer.key', 'x', /issuer\.key is damaged/],
  ];
  for (const [file, content, pattern] of cases) {
    const before = await readFile(join(dir, file), 'utf8');
    if (content === null) await rm(join(dir, file));
    else await writeFile(join(dir, file), content);
    await assert.rejects(loadOrCreateAuthority(dir, NAMES), unavailable(pattern));
    await writeFile(join(dir, file), before);
  }
  await writeFile(join(dir, 'issuer.key'), await readFile(join(other, 'issuer.key'), 'utf8'));
  await assert.rejects(loadAuthority(dir), unavailable(/issuer\.key is not the key/));
  assert.equal(await readFile(join(dir, 'ca.crt'), 'utf8'), kept);
});
