import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

test('the library works in a CommonJS bundle, where images and warm starts use it', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tulle-pki-bundle-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const library = fileURLToPath(new URL('../index.ts', import.meta.url));
  const entry = join(dir, 'entry.ts');
  writeFileSync(
    entry,
    `import { createKeyAndRequest } from ${JSON.stringify(library)};
     createKeyAndRequest('a.b').then((made) => process.stdout.write(String(made.requestDer.length > 100)));`,
  );
  const bundler = fileURLToPath(new URL('../../../../scripts/bundle.mjs', import.meta.url));
  execFileSync(process.execPath, [bundler, entry, join(dir, 'out.cjs')], { stdio: 'pipe' });
  assert.equal(
    execFileSync(process.execPath, [join(dir, 'out.cjs')], { encoding: 'utf8' }),
    'true',
  );
});
