import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from './backoff.ts';
import { startTokenOf } from './process-identity.ts';
import { ProcessLog } from './process-log.ts';
import { SupervisedProcess } from './supervised-process.ts';
import { startWarden } from './warden.ts';

/** Starts a child of its own in the same group, says its pid, and both then ignore SIGTERM. */
const STUBBORN = `
const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
process.on('SIGTERM', () => {});
console.log('child ' + child.pid);
setInterval(() => {}, 1000);`;

function supervise(t: TestContext, script: string) {
  const folder = mkdtempSync(join(tmpdir(), 'tulle-process-'));
  const warden = startWarden();
  const log = new ProcessLog(join(folder, 'p.log'));
  const starts: number[] = [];
  const ends: string[] = [];
  let seen = Promise.withResolvers<void>();
  const process = new SupervisedProcess(
    { name: 'p', command: [globalThis.process.execPath, '-e', script], cwd: folder, env: {} },
    {
      warden,
      log,
      backoff: new Backoff({
        firstMs: 1,
        longestMs: 1,
        jitter: 0,
        resetAfterMs: 1e9,
        random: () => 0,
      }),
      now: () => performance.now(),
    },
    {
      started: (pid) => {
        starts.push(pid);
        seen.resolve();
      },
      ended: (how) => {
        ends.push(how);
        seen.resolve();
      },
    },
  );
  t.after(async () => {
    await process.stop(0);
    await warden.close();
    await log.close();
    rmSync(folder, { recursive: true });
  });
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) {
      await seen.promise;
      seen = Promise.withResolvers();
    }
  };
  return { process, log, starts, ends, until };
}

async function untilGone(pid: number): Promise<void> {
  while (startTokenOf(pid) !== null) await delay(5);
}

async function untilSays(log: ProcessLog, pattern: RegExp): Promise<string> {
  for (;;) {
    const match = pattern.exec(log.tail(100));
    if (match?.[1] !== undefined) return match[1];
    await delay(5);
  }
}

test('starts again what ends, and says how it ended', async (t) => {
  const { process, starts, ends, until } = supervise(t, 'process.exit(3)');
  process.start();
  await until(() => starts.length >= 3);
  assert.equal(ends[0], 'ended with code 3');
  assert.ok(process.restarts >= 2);
});

test('says that a program does not exist, and keeps trying', async (t) => {
  const warden = startWarden();
  const log = new ProcessLog(join(tmpdir(), `tulle-${process.pid}-none.log`));
  t.after(async () => {
    await warden.close();
    await log.close();
    rmSync(log.path, { force: true });
  });
  const ended = Promise.withResolvers<string>();
  const none = new SupervisedProcess(
    { name: 'none', command: ['/nowhere/program'], cwd: '/', env: {} },
    {
      warden,
      log,
      now: () => 0,
      backoff: new Backoff({
        firstMs: 60_000,
        longestMs: 60_000,
        jitter: 0,
        resetAfterMs: 1,
        random: () => 0,
      }),
    },
    { started: () => {}, ended: ended.resolve },
  );
  none.start();
  assert.match(await ended.promise, /cannot be started: .*ENOENT/);
  await none.stop(0);
});

test('kills what ignores SIGTERM after its grace, with everything it started', async (t) => {
  const { process, log, starts, ends } = supervise(t, STUBBORN);
  process.start();
  const grandchild = Number(await untilSays(log, /child (\d+)/));
  await process.stop(50);
  await untilGone(grandchild);
  await untilGone(starts[0] ?? 0);
  assert.deepEqual(ends, []);
});

test('the warden kills every group when the runtime is killed with SIGKILL', async (t) => {
  const runtime = spawn(
    process.execPath,
    [
      '-e',
      `import('${import.meta.dirname}/warden.ts').then(({ startWarden }) => {
        const warden = startWarden();
        const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(STUBBORN)}], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
        warden.register(child.pid);
        child.stdout.on('data', (text) => console.log(child.pid + ' ' + warden.pid + ' ' + text));
      })`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => runtime.kill('SIGKILL'));
  const [line] = (await once(runtime.stdout, 'data')) as [Buffer];
  const [child, warden, grandchild] = line.toString().match(/\d+/g)?.map(Number) ?? [];
  runtime.kill('SIGKILL');
  await Promise.all([untilGone(child ?? 0), untilGone(warden ?? 0), untilGone(grandchild ?? 0)]);
});

test('a warden that was killed is replaced by one that knows the same groups', async () => {
  const warden = startWarden();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    detached: true,
    stdio: 'ignore',
  });
  warden.register(child.pid ?? 0);
  const first = warden.pid ?? 0;
  process.kill(first, 'SIGKILL');
  while (warden.pid === first) await delay(5);
  await warden.close();
  await untilGone(child.pid ?? 0);
});
