import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startTokenOf } from '../supervise/process-identity.ts';
import { InjectOverrides } from './inject-overrides.ts';
import { RunRecord, type RunFile } from './run-file.ts';
import { openStateFolder } from './state-folder.ts';

const RUN = { url: 'http://localhost:8084', startedAtMs: 1 };

function stateFolder(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'tulle-state-'));
  t.after(() => rmSync(root, { recursive: true }));
  return openStateFolder(root);
}

test('a second run in the same folder is refused with the address of the first', (t) => {
  const folder = stateFolder(t);
  const { record } = RunRecord.begin(folder, RUN);
  assert.throws(() => RunRecord.begin(folder, RUN), {
    code: 'conflict',
    message: new RegExp(`already runs here \\(pid ${process.pid}\\): http://localhost:8084`),
  });
  record.end();
  RunRecord.begin(folder, RUN).record.end();
});

test('sweeps what a killed run left, but not a stranger with a reused pid', async (t) => {
  const folder = stateFolder(t);
  const sleeper = () =>
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      detached: true,
      stdio: 'ignore',
    });
  const left = sleeper();
  const stranger = sleeper();
  t.after(() => stranger.kill('SIGKILL'));
  const run: RunFile = {
    pid: 999_999,
    startToken: 'gone',
    ...RUN,
    processes: [
      { name: 'web-1', pid: left.pid ?? 0, startToken: startTokenOf(left.pid ?? 0) },
      { name: 'web-2', pid: stranger.pid ?? 0, startToken: 'of another process' },
    ],
  };
  writeFileSync(join(folder.run, 'run.json'), JSON.stringify(run));
  writeFileSync(join(folder.run, 'lock'), JSON.stringify(run));
  const died = once(left, 'exit');
  const { record, swept } = RunRecord.begin(folder, RUN);
  assert.deepEqual(swept, ['web-1']);
  await died;
  assert.notEqual(startTokenOf(stranger.pid ?? 0), null);
  record.end();
});

test('the run file names what runs now', (t) => {
  const folder = stateFolder(t);
  const { record } = RunRecord.begin(folder, RUN);
  t.after(() => record.end());
  record.started('controller', process.pid);
  record.started('dashboard', process.pid);
  record.ended('dashboard');
  const file = JSON.parse(readFileSync(join(folder.run, 'run.json'), 'utf8')) as RunFile;
  assert.deepEqual(file.processes, [
    { name: 'controller', pid: process.pid, startToken: startTokenOf(process.pid) },
  ]);
});

test("a person's choice outlives a restart until the file says otherwise", (t) => {
  const { root } = stateFolder(t);
  const bot = { kind: 'deployment', namespace: 'shop', name: 'bot' } as const;
  new InjectOverrides(root).save(bot, 'enabled', 'disabled');
  assert.equal(new InjectOverrides(root).inForce(bot, 'disabled'), 'enabled');
  assert.equal(new InjectOverrides(root).inForce(bot, 'enabled'), 'enabled');
  new InjectOverrides(root).save(bot, 'disabled', 'enabled');
  assert.equal(new InjectOverrides(root).inForce(bot, 'disabled'), 'disabled');
  writeFileSync(join(root, 'inject.json'), 'not JSON');
  assert.equal(new InjectOverrides(root).inForce(bot, 'disabled'), 'disabled');
});

test('a disk that refuses the run file ends no mesh that runs; the next change that fits is written', (t) => {
  const folder = stateFolder(t);
  const { record } = RunRecord.begin(folder, RUN);
  // The draft cannot be written, as on a full disk.
  const draft = join(folder.run, 'run.json.new');
  mkdirSync(draft);
  record.started('web-1', process.pid);
  record.ended('web-1');
  assert.equal(record.failedWrites, 2);
  rmSync(draft, { recursive: true });
  record.started('web-2', process.pid);
  const file = JSON.parse(readFileSync(join(folder.run, 'run.json'), 'utf8')) as RunFile;
  assert.deepEqual(
    file.processes.map(({ name }) => name),
    ['web-2'],
  );
  record.end();
});
