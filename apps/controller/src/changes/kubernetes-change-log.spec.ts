import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { createKubernetesApi, type KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { createKubernetesChangeLog, MAX_EVENTS } from './kubernetes-change-log.ts';

const WEB = { kind: 'deployment', namespace: 'shop', name: 'web' } as const;
const RESTARTED = { verb: 'rolled', subject: WEB, message: 'web restarts', actor: 'ann' } as const;

interface ConfigMap {
  metadata: { name: string; namespace?: string; resourceVersion: string };
  data?: Record<string, string>;
}

/** One ConfigMap as an API server keeps it: versions, conflicts, a watch. */
let stored: ConfigMap | null;
let version: number;
let watchers: ServerResponse[];
let writes: number;
let server: Server;
let apis: KubernetesApi[];
let logs: ReturnType<typeof createKubernetesChangeLog>[];
let nowMs: number;
let replicas = 0;

beforeEach(async () => {
  version = 1;
  stored = { metadata: { name: 'tulle-changes', namespace: 'tulle', resourceVersion: '1' } };
  watchers = [];
  writes = 0;
  apis = [];
  logs = [];
  nowMs = 1000;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      handle(request.method ?? '', request.url ?? '', Buffer.concat(chunks).toString(), response),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});

afterEach(async () => {
  for (const log of logs) await log.close();
  for (const api of apis) api.close();
  server.closeAllConnections();
  await new Promise<void>((done) => server.close(() => done()));
});

function handle(method: string, url: string, text: string, response: ServerResponse): void {
  const { searchParams } = new URL(url, 'http://x');
  if (searchParams.get('watch') === '1') {
    response.writeHead(200);
    response.flushHeaders();
    watchers.push(response);
    return;
  }
  if (method === 'GET' && searchParams.has('limit')) {
    const items = stored === null ? [] : [stored];
    return send(response, 200, { metadata: { resourceVersion: String(version) }, items });
  }
  if (method === 'GET') {
    return stored === null
      ? send(response, 404, { kind: 'Status', code: 404, message: 'not found' })
      : send(response, 200, stored);
  }
  const body = JSON.parse(text) as ConfigMap;
  if (stored !== null && body.metadata.resourceVersion !== stored.metadata.resourceVersion) {
    return send(response, 409, { kind: 'Status', code: 409, message: 'modified' });
  }
  writes += 1;
  version += 1;
  const metadata = { name: 'tulle-changes', namespace: 'tulle', resourceVersion: String(version) };
  stored = { ...body, metadata };
  for (const watcher of watchers) {
    watcher.write(`${JSON.stringify({ type: 'MODIFIED', object: stored })}\n`);
  }
  return send(response, 200, stored);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function open(): ReturnType<typeof createKubernetesChangeLog> {
  const { port } = server.address() as AddressInfo;
  const api = createKubernetesApi({
    server: `http://127.0.0.1:${port}`,
    options: async () => ({}),
  });
  apis.push(api);
  const log = createKubernetesChangeLog({
    api,
    namespace: 'tulle',
    replica: `pod-${logs.length}-${replicas++}`,
    timing: { delay: async () => undefined, random: () => 1 },
    now: () => nowMs,
    onFault: (error) => assert.fail(error.message),
  });
  logs.push(log);
  return log;
}

/** Resolves when the log tells of an event with this message. */
function heard(log: ReturnType<typeof open>, message: string): Promise<void> {
  return new Promise((resolve) => {
    const stop = log.onChange((event) => {
      if (event.message !== message) return;
      stop();
      resolve();
    });
  });
}

test('what is recorded is read at once, written together, and read by whoever comes later', async () => {
  const log = open();
  log.record(RESTARTED);
  nowMs += 100_000;
  log.record({ ...RESTARTED, message: 'web restarts again' });
  assert.deepEqual(
    log.recent(10).map(({ message }) => message),
    ['web restarts again', 'web restarts'],
  );
  await log.close();
  logs = [];
  assert.equal(writes, 1);
  const later = open();
  await heard(later, 'web restarts again');
  assert.equal(later.recent(10).length, 2);
});

test('two replicas lose nothing of each other, and what both saw is one event', async () => {
  const [one, two] = [open(), open()];
  one.record({ ...RESTARTED, message: 'one' });
  two.record({ ...RESTARTED, message: 'two' });
  const seen = { ...RESTARTED, message: 'web-0 ended', actor: 'the runtime' };
  one.record(seen);
  two.record(seen);
  for (const log of logs) await log.close();
  logs = [];
  const later = open();
  await heard(later, 'two');
  assert.deepEqual(
    later
      .recent(10)
      .map(({ message }) => message)
      .sort(),
    ['one', 'two', 'web-0 ended'],
  );
});

test('a missing ConfigMap is made; the log is bounded', async () => {
  stored = null;
  const log = open();
  for (let i = 0; i < MAX_EVENTS + 50; i++) {
    nowMs += 100_000;
    log.record({ ...RESTARTED, message: `change ${i}` });
  }
  await log.close();
  logs = [];
  const lines = (stored as ConfigMap | null)?.data?.['changes.jsonl']?.split('\n') ?? [];
  assert.equal(lines.length, MAX_EVENTS);
  assert.match(lines.at(-1) ?? '', new RegExp(`change ${MAX_EVENTS + 49}"`));
});
