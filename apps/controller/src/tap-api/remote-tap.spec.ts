import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';
import { EMPTY_FILTER, type TapExchange, type TulleError } from '@tulle/model';
import type { StreamNotice } from '@tulle/live';
import { createKubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { createRemoteTap } from './remote-tap.ts';

let cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.toReversed()) cleanup();
  cleanups = [];
});

/** A tap on a real server in the API server's place. */
async function tap(answer: (response: ServerResponse, asked: number) => void) {
  const seen: { url: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    seen.push({ url: request.url ?? '', authorization });
    answer(response, seen.length);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const api = createKubernetesApi({ server: url, options: async () => ({}) });
  cleanups.push(() => api.close());
  const rows: TapExchange[] = [];
  const notices: StreamNotice[] = [];
  const ended = Promise.withResolvers<TulleError>();
  const stop = createRemoteTap(api.withHeaders({ authorization: 'Bearer anna' })).open(
    {
      resource: { kind: 'deployment', namespace: 'demo', name: 'web' },
      filter: EMPTY_FILTER,
      maxPerSecond: 10,
      headers: true,
    },
    {
      onExchange: (row) => rows.push(row),
      onNotice: (notice) => notices.push(notice),
      onEnd: ended.resolve,
    },
  );
  cleanups.push(stop);
  return { seen, rows, notices, ended: ended.promise };
}

async function until(condition: () => boolean): Promise<void> {
  const giveUpAtMs = Date.now() + 8000;
  while (!condition()) {
    assert.ok(Date.now() < giveUpAtMs, 'waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a tap is asked for with the person’s own credentials, and asked for again when it breaks', async () => {
  const { seen, rows, notices } = await tap((response, asked) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.write(`{"exchange":{"id":"${asked}"},"dropped":0}\n{}\n`);
    if (asked === 1) setTimeout(() => response.destroy(), 20);
  });
  await until(() => rows.length === 2);
  assert.deepEqual(
    rows.map(({ id }) => id),
    ['1', '2'],
  );
  assert.match(notices[0]?.message ?? '', /The tap API cannot be asked now/);
  assert.equal(seen[0]?.authorization, 'Bearer anna');
  assert.match(seen[0]?.url ?? '', /watch\/namespaces\/demo\/deployments\/web\/tap\?/);
});

test('a refusal ends the tap with the right that is missing, and is not asked about again', async () => {
  const message = 'User "bert" cannot watch resource "deployments/tap"';
  const { seen, ended } = await tap((response) => {
    response.writeHead(403, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: 'Status', code: 403, message }));
  });
  const error = await ended;
  assert.equal(error.code, 'permission_denied');
  assert.match(error.message, /cannot watch resource "deployments\/tap"/);
  assert.equal(seen.length, 1);
});
