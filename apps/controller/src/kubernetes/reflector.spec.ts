import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import type { TulleError } from '@tulle/model';
import { createKubernetesApi, type KubernetesApi } from './kubernetes-api.ts';
import { runReflector, type ObjectHead } from './reflector.ts';

interface Thing extends ObjectHead {
  readonly colour: string;
}

/** A collection as an API server has it: versions, pages, watches, forgetting. */
interface Collection {
  objects: Map<string, Thing>;
  version: number;
  /** Watches from before this version are answered 410. */
  oldest: number;
  missing: boolean;
  watches: { from: number; response: ServerResponse }[];
  lists: number;
}

let collection: Collection;
let server: Server;
let api: KubernetesApi;
let stop: AbortController;
let running: Promise<void>;
let told: string[];
let delays: number[];
/** Resolves the reflector's present wait; null while it does not wait. */
let endWait: (() => void) | null;
let wakeTest: () => void;
const pageSize = 2;

beforeEach(async () => {
  collection = {
    objects: new Map(),
    version: 10,
    oldest: 0,
    missing: false,
    watches: [],
    lists: 0,
  };
  told = [];
  delays = [];
  endWait = null;
  wakeTest = () => undefined;
  stop = new AbortController();
  server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  api = createKubernetesApi({
    server: `http://127.0.0.1:${port}`,
    options: async () => ({}),
  });
});

afterEach(async () => {
  stop.abort();
  endWait?.();
  await running;
  api.close();
  server.closeAllConnections();
  await new Promise<void>((done) => server.close(() => done()));
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { searchParams } = new URL(request.url ?? '', 'http://x');
  if (collection.missing) return send(response, 404, status(404, 'not found'));
  if (searchParams.get('watch') === '1') return watch(searchParams, response);
  const start = Number(searchParams.get('continue') ?? 0);
  if (start === 0) collection.lists += 1;
  const items = [...collection.objects.values()];
  const end = start + pageSize;
  return send(response, 200, {
    metadata: {
      resourceVersion: String(collection.version),
      ...(end < items.length ? { continue: String(end) } : {}),
    },
    items: items.slice(start, end),
  });
}

function watch(params: URLSearchParams, response: ServerResponse): void {
  const from = Number(params.get('resourceVersion'));
  assert.equal(params.get('allowWatchBookmarks'), 'true');
  if (from < collection.oldest) return send(response, 410, status(410, 'too old'));
  response.writeHead(200);
  response.flushHeaders();
  collection.watches.push({ from, response });
  wakeTest();
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function status(code: number, message: string): object {
  return { kind: 'Status', code, message };
}

function event(type: string, object: object): void {
  const line = `${JSON.stringify({ type, object })}\n`;
  for (const { response } of collection.watches) response.write(line);
}

function set(name: string, colour: string): void {
  collection.version += 1;
  const thing: Thing = {
    metadata: { namespace: 'ns', name, resourceVersion: String(collection.version) },
    colour,
  };
  const type = collection.objects.has(name) ? 'MODIFIED' : 'ADDED';
  collection.objects.set(name, thing);
  event(type, thing);
}

function unset(name: string): void {
  collection.version += 1;
  const thing = collection.objects.get(name);
  collection.objects.delete(name);
  event('DELETED', {
    ...thing,
    metadata: { namespace: 'ns', name, resourceVersion: String(collection.version) },
  });
}

function start(options: { mayBeMissing?: boolean } = {}): void {
  const say = (text: string): void => {
    told.push(text);
    wakeTest();
  };
  running = runReflector<Thing, string>(
    {
      api,
      path: '/apis/test/v1/things',
      keep: ({ colour }) => (colour === 'invisible' ? null : colour),
      sink: {
        put: (key, value) => say(`${key} ${value}`),
        remove: (key) => say(`${key} gone`),
        synced: () => say('synced'),
        connected: (why: TulleError | null) => {
          if (why !== null) say(`away: ${why.code}`);
        },
      },
      ...options,
      timing: {
        delay: (ms) =>
          new Promise((resolve) => {
            delays.push(ms);
            endWait = () => {
              endWait = null;
              resolve();
            };
            wakeTest();
          }),
        random: () => 1,
      },
    },
    stop.signal,
  );
}

/** Resolves once the condition holds; looked at whenever something happened. */
function until(condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    wakeTest = () => {
      if (!condition()) return;
      wakeTest = () => undefined;
      resolve();
    };
    wakeTest();
  });
}

function watching(count: number): Promise<void> {
  return until(() => collection.watches.length === count);
}

function cutWatches(): void {
  for (const { response } of collection.watches) response.destroy();
  collection.watches = [];
}

test('everything is listed page by page, then watched from there', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) set(name, 'red');
  start();
  await watching(1);
  assert.deepEqual(told, ['ns/a red', 'ns/b red', 'ns/c red', 'ns/d red', 'ns/e red', 'synced']);
  assert.equal(collection.watches[0]?.from, 15);
  set('a', 'blue');
  unset('b');
  await until(() => told.length === 8);
  assert.deepEqual(told.slice(6), ['ns/a blue', 'ns/b gone']);
});

test('after a cut connection it goes on where it was, from the last bookmark, without a list', async () => {
  set('a', 'red');
  start();
  await watching(1);
  collection.version = 500;
  event('BOOKMARK', { metadata: { name: '', resourceVersion: '500' } });
  set('b', 'red');
  await until(() => told.includes('ns/b red'));
  cutWatches();
  await until(() => endWait !== null);
  assert.equal(told.at(-1), 'away: unavailable');
  endWait?.();
  await watching(1);
  assert.equal(collection.watches[0]?.from, 501);
  assert.equal(collection.lists, 1);
});

test('a version the server forgot is listed anew, and only differences are told', async () => {
  for (const name of ['a', 'b', 'c']) set(name, 'red');
  start();
  await watching(1);
  cutWatches();
  await until(() => endWait !== null);
  unset('b');
  set('c', 'blue');
  collection.oldest = collection.version;
  const before = told.length;
  endWait?.();
  // The 410 is met with one wait, then the list.
  await until(() => endWait !== null);
  endWait?.();
  await watching(1);
  assert.deepEqual(told.slice(before), ['ns/c blue', 'ns/b gone']);
  assert.equal(collection.lists, 2);
});

test('a 410 inside a watch is the same as one before it', async () => {
  set('a', 'red');
  start();
  await watching(1);
  event('ERROR', status(410, 'too old resource version'));
  await until(() => endWait !== null);
  assert.ok(!told.some((line) => line.startsWith('away')));
  cutWatches();
  endWait?.();
  await watching(1);
  assert.equal(collection.lists, 2);
});

test('a server that stays away is asked less and less often, at most every ten seconds, and nothing is forgotten', async () => {
  set('a', 'red');
  start();
  await watching(1);
  const listening = server.address() as AddressInfo;
  server.closeAllConnections();
  collection.watches = [];
  await new Promise<void>((done) => server.close(() => done()));
  for (let i = 0; i < 8; i++) {
    await until(() => endWait !== null);
    if (i < 7) endWait?.();
  }
  assert.deepEqual(delays, [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  assert.ok(!told.includes('ns/a gone'));
  await new Promise<void>((done) => server.listen(listening.port, '127.0.0.1', done));
  endWait?.();
  await watching(1);
  set('a', 'blue');
  await until(() => told.includes('ns/a blue'));
});

test('a collection that is not installed is empty, and found when it is', async () => {
  collection.missing = true;
  start({ mayBeMissing: true });
  await until(() => endWait !== null);
  assert.deepEqual(told, ['synced']);
  assert.deepEqual(delays, [30_000]);
  collection.missing = false;
  set('a', 'red');
  endWait?.();
  await until(() => told.includes('ns/a red'));
});

test('an object that is left out is let go when it was known', async () => {
  set('a', 'red');
  start();
  await watching(1);
  set('a', 'invisible');
  await until(() => told.includes('ns/a gone'));
});
