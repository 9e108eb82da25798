import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { test } from 'node:test';

const here = resolve(import.meta.dirname, '..');

test('the committed code is what the .proto files generate', async () => {
  const temporary = await mkdtemp(join(tmpdir(), 'tulle-gen-'));
  try {
    const template = (await readFile(join(here, 'buf.gen.yaml'), 'utf8'))
      .replace('out: src/gen', `out: ${temporary}`)
      .replace('clean: true\n', '');
    await writeFile(join(temporary, 'buf.gen.yaml'), template);
    await generate(join(temporary, 'buf.gen.yaml'));
    await rm(join(temporary, 'buf.gen.yaml'));
    const committed = await readdir(join(here, 'src/gen'));
    assert.deepEqual((await readdir(temporary)).sort(), committed.sort());
    for (const name of committed) {
      const fresh = await readFile(join(temporary, name), 'utf8');
      // Not assert.equal: its difference of two long files says less than the sentence.
      assert.ok(
        fresh === (await readFile(join(here, 'src/gen', name), 'utf8')),
        `${name} is stale: run npm run generate`,
      );
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});

async function generate(templateFile: string): Promise<void> {
  const packageFile = createRequire(import.meta.url).resolve('@bufbuild/buf/package.json');
  const buf = join(dirname(packageFile), 'bin', 'buf');
  const bin = resolve(dirname(packageFile), '../../.bin');
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  await promisify(execFile)(process.execPath, [buf, 'generate', '--template', templateFile], {
    cwd: here,
    env,
  });
}
