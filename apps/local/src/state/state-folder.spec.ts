import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStateFolder } from './state-folder.ts';

test('a state folder is made with all above it, for its owner alone; one that cannot be is refused at once', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'tulle-state-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const made = openStateFolder(join(root, 'a/b/c'));
  assert.equal(statSync(made.identity).mode & 0o777, 0o700);
  assert.equal(openStateFolder(join(root, 'a/b/c')).run, made.run);

  writeFileSync(join(root, 'file'), '');
  for (const taken of ['file', 'file/below']) {
    assert.throws(
      () => openStateFolder(join(root, taken)),
      /The folder .*file.* cannot be made .* choose another one with --state-dir/,
    );
  }
});

test(
  'where no folder can be made, as in /proc, it does not try for ever',
  { skip: process.platform === 'linux' ? false : 'only Linux has /proc' },
  () => {
    assert.throws(() => openStateFolder('/proc/tulle/state'), /cannot be made/);
  },
);
