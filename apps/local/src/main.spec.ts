import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PortAllocator } from './net/loopback.ts';
import type { RunFile } from './state/run-file.ts';
import { isSameProcess } from './supervise/process-identity.ts';

/** Asks `back` and answers with what it said, so that the whole path through a forwarder is seen. */
const FRONT = `require('node:http').createServer((_, answer) => {
  require('node:http').get('http://' + process.env.BACK, (back) => back.pipe(answer)).on('error', () => answer.destroy());
}).listen(process.env.PORT, '127.0.0.1')`;
const BACK = `require('node:http').createServer((_, answer) => answer.end('from back')).listen(process.env.PORT, '127.0.0.1')`;

async function setUp(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tulle-main-'));
  const allocator = new PortAllocator();
  const [port, hostPort] = [await allocator.next(), await allocator.next()];
  const mesh = {
    namespaces: {
      shop: {
        inject: 'disabled',
        workloads: {
          front: {
            command: ['node', '-e', FRONT],
            ports: { http: 80 },
            env: { PORT: '{{port.http}}', BACK: '{{service.back:80}}' },
          },
          back: {
            command: ['node', '-e', BACK],
            ports: { http: 80 },
            env: { PORT: '{{port.http}}' },
          },
        },
        services: {
          front: { ports: { http: { port: 80, hostPort } } },
          back: { ports: { http: 80 } },
        },
      },
    },
  };
  writeFileSync(join(folder, 'mesh.yaml'), JSON.stringify(mesh));
  const started: ChildProcess[] = [];
  t.after(() => {
    for (const child of started) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const start = () => {
    const child = spawn(
      process.execPath,
      [
        join(import.meta.dirname, 'main.ts'),
        '--file',
        'mesh.yaml',
        '--state-dir',
        'state',
        '--port',
        String(port),
      ],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, INIT_CWD: folder } },
    );
    started.push(child);
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    return { child, said: () => said, ended: once(child, 'exit') };
  };
  const runFile = () =>
    JSON.parse(readFileSync(join(folder, 'state/run/run.json'), 'utf8')) as RunFile;
  return { start, runFile, port, hostPort };
}

async function untilAnswers(port: number): Promise<string> {
  for (;;) {
    const text = await new Promise<string>((resolve) => {
      get({ port, host: '127.0.0.1', agent: false }, (response) => {
        response
          .setEncoding('utf8')
          .once('data', resolve)
          .once('error', () => resolve(''));
      }).once('error', () => resolve(''));
    });
    if (text !== '') return text;
    await delay(20);
  }
}

async function untilGone(run: RunFile): Promise<void> {
  while (run.processes.some(({ pid, startToken }) => isSameProcess(pid, startToken)))
    await delay(10);
}

test('runs a file from end to end, refuses a second run, and stops everything on SIGTERM', async (t) => {
  const { start, runFile, hostPort } = await setUp(t);
  const first = start();
  assert.equal(await untilAnswers(hostPort), 'from back');
  const run = runFile();
  assert.ok(run.processes.some(({ name }) => name === 'shop/back-1'));

  const second = start();
  assert.deepEqual(await second.ended, [1, null]);
  assert.match(second.said(), /Tulle already runs here \(pid \d+\): http:\/\/localhost:/);

  const toldAtMs = performance.now();
  first.child.kill('SIGTERM');
  assert.deepEqual(await first.ended, [0, null]);
  assert.ok(performance.now() - toldAtMs < 5000);
  await untilGone(run);
});

test('leaves nothing behind when it is killed with SIGKILL, and starts again', async (t) => {
  const { start, runFile, hostPort } = await setUp(t);
  const first = start();
  await untilAnswers(hostPort);
  const run = runFile();
  first.child.kill('SIGKILL');
  await untilGone(run);
  const again = start();
  assert.equal(await untilAnswers(hostPort), 'from back');
  again.child.kill('SIGINT');
  assert.deepEqual(await again.ended, [0, null]);
});

test('a second Ctrl-C ends it at once', async (t) => {
  const { start, runFile, hostPort } = await setUp(t);
  const { child, ended } = start();
  await untilAnswers(hostPort);
  const run = runFile();
  const back = run.processes.find(({ name }) => name === 'shop/back-1');
  // A process that is stopped does not hear SIGTERM, so that stopping takes its whole grace.
  process.kill(back?.pid ?? 0, 'SIGSTOP');
  child.kill('SIGINT');
  await delay(400);
  child.kill('SIGINT');
  assert.deepEqual(await ended, [130, null]);
  await untilGone(run);
});

test('says which port is taken and which flag chooses another', async (t) => {
  const { start, port, hostPort } = await setUp(t);
  const squatters = [port, hostPort].map((number) => createServer().listen(number, '127.0.0.1'));
  await Promise.all(squatters.map((squatter) => once(squatter, 'listening')));
  t.after(() => squatters.forEach((squatter) => squatter.close()));
  const { ended, said } = start();
  assert.deepEqual(await ended, [69, null]);
  assert.match(said(), new RegExp(`Port ${port} is taken .* npm start -- --port ${port + 1}`));
  assert.match(said(), new RegExp(`Port ${hostPort} of front is taken .* --host-port front=`));
});
