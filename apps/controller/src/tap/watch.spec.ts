import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type ExchangeSchema,
  toHeaders,
  toHttpMethod,
  toScheme,
  toTcpAddress,
} from '@tulle/proxy-api';
import { BodyAllowance } from './body-allowance.ts';
import { BOT, setUp, until, WEB } from './testing/tap-mesh.ts';
import { identityOf } from './testing/tap-proxy.ts';

const SOURCE = toTcpAddress('10.0.0.9', 5000);
const DESTINATION = toTcpAddress('10.0.0.1', 8080);
const FAILURE: Omit<MessageInitShape<typeof ExchangeSchema>, '$typeName' | '$unknown'> = {
  id: 3n,
  ...(SOURCE && { source: SOURCE }),
  sourceLabels: { tls: 'true', client_id: identityOf('bot') },
  ...(DESTINATION && { destination: DESTINATION }),
  routeLabels: { route: 'GET /api/vote' },
  proxyDirection: 1,
  method: toHttpMethod('GET'),
  scheme: toScheme('http'),
  authority: 'web-svc',
  path: '/api/vote',
  attempt: 2,
  timing: { queue: 1, connect: 2, tls: 3, latency: 20, firstByte: 25, duration: 30, age: 30 },
  httpStatus: 503,
  responseBytes: 42n,
  end: {},
  requestHeaders: toHeaders([
    [':path', '/api/vote?choice=joy'],
    ['user-agent', 'test'],
  ]),
};

test('a proxy that knows Watch is asked for the outcome, and its summaries become rows', async () => {
  const mesh = setUp();
  const proxy = await mesh.addWatched('web-1');
  mesh.open(WEB, 'method:GET failed:yes latency:>10ms');
  await until(() => proxy.watches.length === 1, 'the Watch');
  const [asked] = proxy.watches;
  assert.deepEqual(
    asked?.outcome.map(({ any }) => any.map(({ test: { case: name } }) => name)),
    [['failed'], ['latencyMs']],
  );
  assert.equal(asked.maxPerSecond, 100);
  assert.equal(asked.openAfterMs, 0);
  assert.equal(asked.bodyBytes, 0);
  proxy.reply({ dropped: 7n, exchanges: [FAILURE] });
  await until(() => mesh.rows.length === 1, 'the row');
  const [row] = mesh.rows;
  assert.ok(row);
  assert.equal(row.path, '/api/vote?choice=joy');
  assert.deepEqual(row.source.workload, BOT);
  assert.deepEqual([row.httpStatus, row.latencyMs, row.ttfbMs, row.attempt], [503, 20, 25, 2]);
  assert.deepEqual(row.phases, {
    queueMs: 1,
    connectMs: 2,
    tlsMs: 3,
    firstByteMs: 20,
    bodyMs: 5,
  });
  assert.deepEqual(row.outcome, { kind: 'ended' });
  assert.equal(row.requestBody, null);
  await until(() => mesh.hub.stats().dropped === 7, 'the loss');
  assert.equal(proxy.requests.length, 0);
});

test('without conditions on the outcome, requests without an answer are asked for too', async () => {
  const mesh = setUp();
  const proxy = await mesh.addWatched('web-1');
  mesh.open();
  await until(() => proxy.watches.length === 1, 'the Watch');
  assert.equal(proxy.watches[0]?.openAfterMs, 500);
  const { end: _end, httpStatus: _status, ...open } = FAILURE;
  proxy.reply({ exchanges: [open] });
  proxy.reply({ exchanges: [FAILURE] });
  await until(() => mesh.rows.length === 2, 'both');
  assert.deepEqual(mesh.rows[0]?.outcome, { kind: 'pending' });
  assert.equal(mesh.rows[0].id, mesh.rows[1]?.id);
});

test('bodies are asked for only where wanted, and then of few exchanges', async () => {
  const mesh = setUp();
  const proxy = await mesh.addWatched('web-1');
  mesh.open(WEB, '', 100, true);
  await until(() => proxy.watches.length === 1, 'the Watch');
  assert.equal(proxy.watches[0]?.bodyBytes, 65_536);
  assert.equal(proxy.watches[0].maxPerSecond, 10);
  const requestBody = { text: '{"a":1}', bytes: 7n };
  proxy.reply({
    exchanges: [{ ...FAILURE, requestBody, responseBody: { omission: 2, bytes: 9n } }],
  });
  await until(() => mesh.rows.length === 1, 'the row');
  assert.deepEqual(mesh.rows[0]?.requestBody, {
    text: '{"a":1}',
    omitted: null,
    bytes: 7,
    truncated: false,
  });
  assert.equal(mesh.rows[0].responseBody?.omitted, 'compressed');
});

test('one tap carries so much of bodies; of the rest it says the size', async () => {
  const mesh = setUp();
  const proxy = await mesh.addWatched('web-1');
  mesh.open(WEB, '', 100, true);
  await until(() => proxy.watches.length === 1, 'the Watch');
  proxy.reply({
    exchanges: [{ ...FAILURE, requestBody: { text: 'a'.repeat(60_000), bytes: 60_000n } }],
  });
  await until(() => mesh.rows.length === 1, 'the row');
  const [row] = mesh.rows;
  assert.ok(row);
  const clock = { ms: 0 };
  const allowance = new BodyAllowance(() => clock.ms);
  const passed = Array.from({ length: 20 }, () => allowance.pass(row).requestBody);
  assert.equal(passed.filter((body) => body?.text !== null).length, 17);
  assert.deepEqual(passed.at(-1), { text: null, omitted: 'rate', bytes: 60_000, truncated: false });
  clock.ms = 1000;
  assert.equal(allowance.pass(row), row);
});

test('a proxy that knows only Observe is observed, and a filter on the outcome says what that costs', async () => {
  const mesh = setUp();
  const old = await mesh.add('web-1');
  mesh.open(WEB, 'failed:yes');
  await until(() => old.observers.size === 1, 'the Observe');
  await until(
    () => mesh.notices.at(-1)?.message?.includes('cannot choose by the outcome') === true,
    'the remark',
  );
});
