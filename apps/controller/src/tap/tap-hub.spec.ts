import assert from 'node:assert/strict';
import { toDuration, toHeaders, toHttpMethod, toScheme } from '@tulle/proxy-api';
import { test } from 'node:test';
import { createPathSampler } from './path-sampler.ts';
import { BOT, cleanups, setUp, until, WEB } from './testing/tap-mesh.ts';
import type { Harness } from './testing/tap-mesh.ts';
import { refusal, identityOf } from './testing/tap-proxy.ts';
import type { TapProxy } from './testing/tap-proxy.ts';

const LATENCY = { sinceRequestInit: toDuration(5), sinceResponseInit: toDuration(2) };

function begin(proxy: TapProxy, stream: bigint, path = '/api/list', client: string | null = null) {
  const labels =
    client === null ? { tls: 'no_tls_from_remote' } : { tls: 'true', client_id: client };
  proxy.send(
    {
      case: 'requestInit',
      value: {
        id: { base: 1, stream },
        method: toHttpMethod('GET'),
        scheme: toScheme('http'),
        authority: 'web-svc',
        path: path.split('?', 1)[0] ?? '',
        headers: toHeaders([
          [':path', path],
          ['user-agent', 'test'],
        ]),
      },
    },
    { sourceMeta: { labels } },
  );
}

function respond(proxy: TapProxy, stream: bigint, httpStatus = 200): void {
  const id = { base: 1, stream };
  const headers = toHeaders([['content-type', 'text/plain']]);
  const { sinceRequestInit } = LATENCY;
  proxy.send({ case: 'responseInit', value: { id, sinceRequestInit, httpStatus, headers } });
  proxy.send({ case: 'responseEnd', value: { id, ...LATENCY, responseBytes: 42n } });
}

test('the three events of a request become one exchange with headers, times and names', async () => {
  const mesh = setUp();
  const proxy = await mesh.add('web-1');
  mesh.open();
  await until(() => proxy.observers.size === 1, 'the Observe');
  begin(proxy, 0n, '/api/vote?choice=joy', identityOf('bot'));
  respond(proxy, 0n, 500);
  await until(() => mesh.rows.length === 1, 'the row');
  const [row] = mesh.rows;
  assert.ok(row);
  assert.equal(row.path, '/api/vote?choice=joy');
  assert.equal(row.httpStatus, 500);
  assert.equal(row.latencyMs, 5);
  assert.equal(row.responseBytes, 42);
  assert.deepEqual(row.security, { kind: 'mutual-tls', identity: identityOf('bot') });
  assert.deepEqual(row.source.workload, BOT);
  assert.deepEqual(row.destination.pod, { kind: 'pod', namespace: 'demo', name: 'web-1' });
  assert.deepEqual(row.requestHeaders, [['user-agent', 'test']]);
  assert.deepEqual(row.outcome, { kind: 'ended' });
});

test('a plain client is named by the platform, or stays nameless', async () => {
  const pod = { kind: 'pod', namespace: 'demo', name: 'bot-1' } as const;
  const mesh = setUp({ '10.0.0.9:5000': { pod, workload: BOT } });
  const proxy = await mesh.add('web-1');
  mesh.open();
  await until(() => proxy.observers.size === 1, 'the Observe');
  begin(proxy, 0n);
  respond(proxy, 0n);
  await until(() => mesh.rows.length === 1, 'the row');
  assert.deepEqual(mesh.rows[0]?.source, { address: '10.0.0.9:5000', workload: BOT, pod });
});

test('a request without an answer is shown as pending, and again with the same id when it ends', async () => {
  const mesh = setUp();
  const proxy = await mesh.add('web-1');
  mesh.open();
  await until(() => proxy.observers.size === 1, 'the Observe');
  begin(proxy, 0n);
  await until(() => mesh.rows.length === 1, 'the pending row');
  assert.deepEqual(mesh.rows[0]?.outcome, { kind: 'pending' });
  respond(proxy, 0n);
  await until(() => mesh.rows.length === 2, 'the end');
  assert.equal(mesh.rows[0].id, mesh.rows[1]?.id);
});

test('proxies that come are taken up, those that go are dropped, the others go on', async () => {
  const mesh = setUp();
  const first = await mesh.add('web-1');
  mesh.open();
  const second = await mesh.add('web-2');
  await until(() => first.observers.size + second.observers.size === 2, 'both');
  await until(() => mesh.notices.at(-1)?.proxiesAnswered === 2, 'the notice');
  await mesh.remove(first);
  begin(second, 0n);
  respond(second, 0n);
  await until(() => mesh.rows.length === 1, 'a row of the other');
  assert.equal(mesh.notices.at(-1)?.proxiesExpected, 1);
});

test('a proxy that refuses, or proves another identity, is named with the reason', async () => {
  const mesh = setUp();
  const good = await mesh.add('web-1');
  const refusing = await mesh.add('web-2');
  refusing.refuseWith = refusal();
  mesh.open();
  await until(() => /Not tapped: web-2: only the tap client/.test(messageOf(mesh)), 'the reason');
  await mesh.remove(refusing);
  await mesh.add('web-3', WEB, identityOf('intruder'));
  await until(() => /Not tapped: web-3: .*another name/.test(messageOf(mesh)), 'the impostor');
  assert.equal(good.observers.size, 1);
});

test('what proxies can decide is asked of them, the rest is decided here', async () => {
  const mesh = setUp();
  const proxy = await mesh.add('web-1');
  mesh.open(WEB, 'path:/api/* -method:POST status:5xx');
  await until(() => proxy.requests.length === 1, 'the Observe');
  const match = proxy.requests[0]?.match?.match;
  assert.ok(match?.case === 'all');
  assert.equal(match.value.matches.length, 2);
  assert.deepEqual(
    match.value.matches.map(({ match: part }) => part.case),
    ['any', 'not'],
  );
  await until(() => proxy.observers.size === 1, 'the stream');
  begin(proxy, 0n);
  respond(proxy, 0n, 200);
  begin(proxy, 1n);
  respond(proxy, 1n, 503);
  await until(() => mesh.rows.length === 1, 'the failing row');
  assert.equal(mesh.rows[0]?.httpStatus, 503);
});

test('the rate is kept over all proxies and what is over it is counted', async () => {
  const mesh = setUp();
  const proxy = await mesh.add('web-1');
  mesh.open(WEB, '', 4);
  await until(() => proxy.observers.size === 1, 'the Observe');
  assert.equal(proxy.requests[0]?.limit, 20);
  for (let stream = 0n; stream < 10n; stream += 1n) {
    begin(proxy, stream);
    respond(proxy, stream);
  }
  await until(() => mesh.hub.stats().dropped >= 5, 'the drops');
  assert.ok(mesh.rows.length >= 4 && mesh.rows.length <= 5);
});

test('when a window is used up the next one follows', async () => {
  const mesh = setUp({}, 0.1);
  const proxy = await mesh.add('web-1');
  mesh.open(WEB, '', 20);
  await until(() => proxy.observers.size === 1, 'the Observe');
  assert.equal(proxy.requests[0]?.limit, 2);
  for (const stream of [0n, 1n]) {
    begin(proxy, stream);
    respond(proxy, stream);
  }
  await until(() => proxy.requests.length === 2 && proxy.observers.size === 1, 'the next');
  begin(proxy, 2n);
  respond(proxy, 2n);
  await until(() => mesh.rows.length === 3, 'a row of the next');
});

test('a workload outside the mesh is seen through the proxies of the others', async () => {
  const pod = { kind: 'pod', namespace: 'demo', name: 'bot-1' } as const;
  const mesh = setUp({ '10.0.0.9:5000': { pod, workload: BOT } });
  const proxy = await mesh.add('web-1');
  mesh.open(BOT);
  await until(() => proxy.observers.size === 1, 'the Observe');
  begin(proxy, 0n, '/mesh', identityOf('web'));
  respond(proxy, 0n);
  begin(proxy, 1n, '/plain');
  respond(proxy, 1n);
  await until(() => mesh.rows.length === 1, 'its row');
  assert.equal(mesh.rows[0]?.path, '/plain');
  await until(() => /bot has no proxy/.test(messageOf(mesh)), 'the remark');
});

test('a resource nobody knows is refused', () => {
  const mesh = setUp();
  assert.throws(() => mesh.open({ ...WEB, name: 'nobody' }), /There is no deployment nobody/);
});

test('closing a tap ends its Observe', async () => {
  const mesh = setUp();
  const proxy = await mesh.add('web-1');
  const stop = mesh.open();
  await until(() => proxy.observers.size === 1, 'the Observe');
  stop();
  await until(() => proxy.observers.size === 0, 'its end');
  assert.equal(mesh.hub.stats().proxiesTapped, 0);
});

test('the sampler counts kinds of requests, without headers and without queries', async () => {
  const mesh = setUp();
  const proxy = await mesh.add('web-1');
  const sampler = createPathSampler({ ...mesh, now: Date.now });
  cleanups.push(() => sampler.close());
  await until(() => proxy.observers.size === 1, 'the Observe');
  assert.equal(proxy.requests[0]?.extract, undefined);
  for (const [stream, status] of [
    [0n, 200],
    [1n, 200],
    [2n, 500],
  ] as const) {
    begin(proxy, stream, `/api/vote?choice=${stream}`);
    respond(proxy, stream, status);
  }
  await until(() => sampler.seen(WEB).length === 2, 'both kinds');
  const [often, seldom] = sampler.seen(WEB);
  assert.deepEqual([often?.path, often?.count, often?.failed], ['/api/vote', 2, false]);
  assert.deepEqual([seldom?.httpStatus, seldom?.count, seldom?.failed], [500, 1, true]);
});

function messageOf({ notices }: Harness): string {
  return notices.at(-1)?.message ?? '';
}
