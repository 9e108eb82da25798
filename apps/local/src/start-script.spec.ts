import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { startTokenOf } from './supervise/process-identity.ts';

/** What of `npm start` comes before the runtime: tried here, where the runtime it must not disturb is tried. */
const SCRIPTS = resolve(import.meta.dirname, '../../../scripts/lib');

function emptyCheckout(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'tulle-start-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

/** Runs a line of JavaScript with the starter's modules at hand. */
function runScript(t: TestContext, code: string) {
  const imports = ['other-starts', 'children'].map(
    (name) =>
      `import * as ${name.replace('-', '')} from '${pathToFileURL(SCRIPTS).href}/${name}.mjs';`,
  );
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', `${imports.join('\n')}\n${code}`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const saying = async (pattern: RegExp) => {
    while (!pattern.test(said)) await once(child.stdout, 'data');
  };
  return { child, saying, said: () => said, ended: once(child, 'close') };
}

const begin = (root: string) =>
  `const start = await otherstarts.beginStart(${JSON.stringify(root)}, [], console.log);`;

test('a second start is refused before it installs or builds anything under the first', async (t) => {
  const root = emptyCheckout(t);
  const run = join(root, '.tulle/run');
  mkdirSync(run, { recursive: true });
  const holder = { pid: process.pid, startToken: startTokenOf(process.pid), url: 'http://here' };
  writeFileSync(join(run, 'lock'), JSON.stringify(holder));
  const code = `${begin(root)} console.log('began');`;
  const second = runScript(t, `try { ${code} } catch (error) { console.log(error.message); }`);
  await second.ended;
  assert.match(second.said(), /^Tulle already runs here \(pid \d+\): http:\/\/here\./);

  writeFileSync(join(run, 'lock'), JSON.stringify({ ...holder, startToken: 'of an earlier boot' }));
  const afterCrash = runScript(t, code);
  await afterCrash.ended;
  assert.equal(afterCrash.said(), 'began\n');
});

test('two starts at once prepare one after the other', async (t) => {
  const root = emptyCheckout(t);
  const hold =
    'console.log("began"); process.on("SIGUSR2", () => start.prepared()); setInterval(() => {}, 1e3);';
  const first = runScript(t, begin(root) + hold);
  await first.saying(/began/);
  const second = runScript(t, `${begin(root)} console.log("began");`);
  await second.saying(/another npm start \(pid \d+\) installs or builds here/i);
  assert.doesNotMatch(second.said(), /began/);
  first.child.kill('SIGUSR2');
  await second.ended;
  assert.match(second.said(), /began/);
});

test('a child that does not hear Ctrl-C is killed: npm ci listens only when it has unpacked all', async (t) => {
  const deaf = `process.on('SIGINT', () => {}); console.log('deaf'); setInterval(() => {}, 1e3);`;
  const { child, saying, ended } = runScript(
    t,
    `children.endChildrenWithUs();
     await children.runChild([process.execPath, '-e', ${JSON.stringify(deaf)}], { stdio: ['ignore', 'inherit', 'inherit'] });`,
  );
  await saying(/deaf/);
  child.kill('SIGINT');
  assert.deepEqual(await ended, [130, null]);
});
