import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { TulleError, type PlatformState } from '@tulle/model';
import type { Platform } from '../platform.ts';
import { createLocalPlatform } from './local-platform.ts';

let folder = '';
let platform: Platform | null = null;
let runtime: Server | null = null;
let watchers: ServerResponse[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tulle-rt-'));
  watchers = [];
});
afterEach(async () => {
  platform?.close();
  await stopRuntime();
  rmSync(folder, { recursive: true, force: true });
});

function stateOf(revision: number): PlatformState {
  return { revision, workloads: [], instances: [], services: [], rollouts: [] };
}

/** A runtime that streams whatever the test pushes and refuses every injection. */
async function startRuntime(revision: number): Promise<void> {
  runtime = createServer((request, response) => {
    if (request.url === '/v1/watch') {
      response.writeHead(200);
      response.write(`${JSON.stringify(stateOf(revision))}\n`);
      watchers.push(response);
      return;
    }
    response.writeHead(409, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ error: { code: 'conflict', message: 'web is being replaced already.' } }),
    );
  });
  await new Promise<void>((done) => runtime?.listen(join(folder, 's'), done));
}

async function stopRuntime(): Promise<void> {
  const stopping = runtime;
  runtime = null;
  stopping?.closeAllConnections();
  await new Promise<void>((done) => (stopping === null ? done() : stopping.close(() => done())));
}

function until(condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (condition()) return resolve();
    const stop = platform?.onChange(() => {
      if (!condition()) return;
      stop?.();
      resolve();
    });
  });
}

test('state follows the watch, split anywhere', async () => {
  await startRuntime(1);
  platform = createLocalPlatform({ socketPath: join(folder, 's') });
  assert.equal(platform.state().revision, 0);
  await until(() => platform?.state().revision === 1);
  const line = `${JSON.stringify(stateOf(2))}\n`;
  watchers[0]?.write(line.slice(0, 9));
  setImmediate(() => watchers[0]?.write(line.slice(9)));
  await until(() => platform?.state().revision === 2);
  assert.equal(platform.connected(), true);
});

test('while the runtime is away the last state is kept, and it is watched again when back', async () => {
  await startRuntime(3);
  platform = createLocalPlatform({ socketPath: join(folder, 's') });
  await until(() => platform?.state().revision === 3);
  await stopRuntime();
  await until(() => platform?.connected() === false);
  assert.equal(platform.state().revision, 3);
  await startRuntime(1);
  await until(() => platform?.connected() === true);
  assert.equal(platform.state().revision, 1);
});

test("the runtime's refusal arrives as its own error, an absent runtime as unavailable", async () => {
  await startRuntime(1);
  platform = createLocalPlatform({ socketPath: join(folder, 's') });
  const web = { kind: 'deployment', namespace: 'emojivoto', name: 'web' } as const;
  await assert.rejects(
    platform.setInject(web, 'enabled'),
    (error: unknown) => error instanceof TulleError && error.code === 'conflict',
  );
  await stopRuntime();
  await assert.rejects(
    platform.restart(web),
    (error: unknown) => error instanceof TulleError && error.code === 'unavailable',
  );
});
