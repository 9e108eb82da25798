import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type PlatformState, type RolloutState, TulleError } from '@tulle/model';
import type { RuntimeService } from './runtime-service.ts';
import { serveRuntime } from './runtime-server.ts';

const ROLLOUT: RolloutState = {
  id: 'r',
  workload: { kind: 'deployment', namespace: 'shop', name: 'cart' },
  cause: 'inject',
  step: 'starting',
  replaced: 0,
  total: 1,
  startedAtMs: 0,
  endedAtMs: null,
  message: null,
};

async function serve(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tulle-api-'));
  const socketPath = join(folder, 'runtime.sock');
  const listeners = new Set<() => void>();
  let revision = 1;
  const state = (): PlatformState => ({
    revision,
    workloads: [],
    instances: [],
    services: [],
    rollouts: [],
  });
  const service: RuntimeService = {
    state,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setInject: ({ name }) => {
      if (name === 'cart') return ROLLOUT;
      throw new TulleError('not_found', `There is no ${name}.`);
    },
    restart: () => {
      throw new TulleError('conflict', 'It is being rolled already.');
    },
    reviewToken: (token) => ({ authenticated: false, reason: `${token} is unknown` }),
    sources: () => ({ sources: {}, plainConnections: [] }),
    podLog: ({ name }, container, lines) => `${name} ${container} ${lines}\n`,
  };
  const server = await serveRuntime(socketPath, service);
  t.after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  const open = async (method: string, path: string, body?: unknown): Promise<IncomingMessage> => {
    const sent = request({ socketPath, method, path, agent: false });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response;
  };
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await open(method, path, body);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
    return { status: response.statusCode, text };
  };
  const change = (): void => {
    revision += 1;
    for (const listener of listeners) listener();
  };
  return { ask, open, change, listeners };
}

test('answers each path of the contract', async (t) => {
  const { ask } = await serve(t);
  assert.equal((await ask('GET', '/v1/state')).status, 200);
  const inject = { inject: 'enabled' };
  const injected = await ask('PUT', '/v1/workloads/shop/deployment/cart/inject', inject);
  assert.deepEqual([injected.status, JSON.parse(injected.text)], [202, ROLLOUT]);
  const review = await ask('POST', '/v1/token-reviews', { token: 't', audience: 'a' });
  assert.deepEqual(JSON.parse(review.text), { authenticated: false, reason: 't is unknown' });
  assert.equal((await ask('POST', '/v1/sources', { addresses: [] })).status, 200);
  const log = await ask('GET', '/v1/pods/shop/cart-1/log?container=proxy&tailLines=5');
  assert.equal(log.text, 'cart-1 proxy 5\n');
});

test('answers mistakes with their status and a sentence', async (t) => {
  const { ask } = await serve(t);
  const cases: [string, string, unknown, number][] = [
    ['GET', '/v2/state', undefined, 404],
    ['PUT', '/v1/workloads/shop/deployment/none/inject', { inject: 'enabled' }, 404],
    ['PUT', '/v1/workloads/shop/deployment/cart/inject', { inject: 'maybe' }, 400],
    ['PUT', '/v1/workloads/shop/gadget/cart/inject', { inject: 'enabled' }, 404],
    ['POST', '/v1/workloads/shop/deployment/cart/restart', undefined, 409],
    ['POST', '/v1/token-reviews', 'nonsense', 400],
    ['GET', '/v1/pods/shop/cart-1/log?container=init', undefined, 400],
    ['GET', '/v1/pods/shop/cart-1/log?tailLines=0', undefined, 400],
    ['GET', '/v1/pods/%zz/cart-1/log', undefined, 400],
    ['GET', '//[', undefined, 400],
  ];
  for (const [method, path, body, status] of cases) {
    const answer = await ask(method, path, body);
    assert.equal(answer.status, status, `${method} ${path}`);
    const { error } = JSON.parse(answer.text) as { error: { message: string } };
    assert.ok(error.message.length > 0);
  }
});

test('streams the state now and after changes, bundling a burst into one line', async (t) => {
  const { open, change, listeners } = await serve(t);
  const response = await open('GET', '/v1/watch');
  const lines = response.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
  const next = async (): Promise<number> => {
    const { value } = (await lines.next()) as { value: string };
    return (JSON.parse(value.trim()) as PlatformState).revision;
  };
  assert.equal(await next(), 1);
  for (let i = 0; i < 10; i += 1) change();
  assert.equal(await next(), 11);
  response.destroy();
  while (listeners.size > 0) await new Promise(setImmediate);
});
