import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { createLogger } from '@tulle/telemetry';
import { TulleError } from '@tulle/model';
import { createProxyMetrics } from '../observe/proxy-metrics.ts';
import { checkExposition, sum } from '../testing/exposition.ts';
import { startAdmin } from './start-admin.ts';

const ENV = {
  LINKERD2_PROXY_LOG: 'info',
  LINKERD2_PROXY_IDENTITY_TOKEN_FILE: '/run/token',
  LINKERD2_PROXY_SOME_TOKEN: 'hunter2',
  HOME: '/root',
};

async function start(t: TestContext, shutdownEnabled = false) {
  const { registry } = createProxyMetrics({ retainIdleMs: 1e9, now: () => 0, version: '1.2.3' });
  const state = { isReady: false, shutdowns: 0 };
  const log = createLogger({ name: 'test', level: 'off', format: 'plain', write: () => {} });
  const options = {
    config: { address: { host: '127.0.0.1', port: 0 }, shutdownEnabled },
    registry,
    isReady: () => state.isReady,
    env: ENV,
    log,
    shutdown: () => state.shutdowns++,
  };
  const server = await startAdmin(options);
  t.after(() => server.close());
  const base = `http://127.0.0.1:${server.address.port}`;
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(base + path, init);
    return { status: response.status, body: await response.text(), headers: response.headers };
  };
  return { server, options, state, log, ask, base };
}

test('/metrics reads as Prometheus text and says which build this is', async (t) => {
  const { ask } = await start(t);
  const { status, body, headers } = await ask('/metrics', {
    headers: { 'accept-encoding': 'identity' },
  });
  assert.equal(status, 200);
  assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const samples = checkExposition(body);
  assert.equal(sum(samples, 'proxy_build_info', 'version="1.2.3"'), 1);
  assert.ok(sum(samples, 'process_resident_memory_bytes') > 1e6);
  assert.ok(sum(samples, 'process_start_time_seconds') > 1.6e9);
});

test('/metrics is compressed for those who accept it', async (t) => {
  const { base } = await start(t);
  for (const [accepts, isCompressed] of [
    ['gzip', true],
    ['br, gzip;q=0.5', true],
    ['gzip;q=0', false],
    ['br', false],
  ] as const) {
    const request = httpRequest(`${base}/metrics`, { headers: { 'accept-encoding': accepts } });
    request.end();
    const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
    const body = Buffer.concat(await response.toArray());
    assert.equal(response.headers['content-encoding'] === 'gzip', isCompressed, accepts);
    checkExposition((isCompressed ? gunzipSync(body) : body).toString());
  }
});

test('/ready follows the identity, /live does not', async (t) => {
  const { ask, state } = await start(t);
  assert.equal((await ask('/ready')).status, 503);
  assert.deepEqual((await ask('/live')).body, 'live\n');
  state.isReady = true;
  assert.deepEqual((await ask('/ready')).body, 'ready\n');
});

test('/env.json shows our variables without secrets', async (t) => {
  const { ask } = await start(t);
  assert.deepEqual(JSON.parse((await ask('/env.json')).body), {
    LINKERD2_PROXY_IDENTITY_TOKEN_FILE: '/run/token',
    LINKERD2_PROXY_LOG: 'info',
    LINKERD2_PROXY_SOME_TOKEN: '[redacted]',
  });
  const filtered = await ask('/env.json?LINKERD2_PROXY_LOG&LINKERD2_PROXY_NONE&HOME');
  assert.deepEqual(JSON.parse(filtered.body), {
    LINKERD2_PROXY_LOG: 'info',
    LINKERD2_PROXY_NONE: null,
  });
});

test('/proxy-log-level changes the level while running', async (t) => {
  const { ask, log } = await start(t);
  assert.equal((await ask('/proxy-log-level')).body, 'off\n');
  const put = (body: string) => ask('/proxy-log-level', { method: 'PUT', body });
  assert.equal((await put('warn,linkerd=debug')).status, 204);
  assert.equal(log.level, 'debug');
  assert.equal((await put('loud')).status, 400);
  assert.equal((await put('')).status, 400);
  assert.equal((await put('x'.repeat(5000))).status, 413);
  assert.equal(log.level, 'debug');
});

test('/shutdown only where it is enabled', async (t) => {
  const without = await start(t);
  assert.equal((await without.ask('/shutdown', { method: 'POST' })).status, 404);
  const { ask, state } = await start(t, true);
  assert.equal((await ask('/shutdown')).status, 405);
  assert.equal((await ask('/shutdown', { method: 'POST' })).status, 200);
  assert.equal(state.shutdowns, 1);
});

test('anything else is 404, a wrong method 405 with what is allowed', async (t) => {
  const { ask } = await start(t);
  assert.equal((await ask('/')).status, 404);
  const { status, headers } = await ask('/metrics', { method: 'DELETE' });
  assert.equal(status, 405);
  assert.equal(headers.get('allow'), 'GET');
  assert.equal((await ask('/live', { method: 'HEAD' })).status, 200);
});

test('a target that is no URL is the fault of who sent it', async (t) => {
  const { server } = await start(t);
  const sent = httpRequest({
    port: server.address.port,
    host: '127.0.0.1',
    path: '//[',
    agent: false,
  });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  assert.equal(response.statusCode, 400);
});

test('a taken address is told with what to do', async (t) => {
  const { server, options } = await start(t);
  const taken = { ...options, config: { ...options.config, address: server.address } };
  await assert.rejects(startAdmin(taken), (error: unknown) => {
    assert.ok(error instanceof TulleError);
    assert.equal(error.code, 'unavailable');
    assert.match(error.message, /cannot listen on 127\.0\.0\.1:\d+\. Choose another/);
    return true;
  });
});
