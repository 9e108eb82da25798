/** A flood of HTTP/2 frames against a real proxy process, and what others feel of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { ClientHttp2Session } from 'node:http2';
import { testAuthority } from '../src/testing/certified.ts';
import { startControlPlane } from '../src/testing/control-plane.ts';
import { connectClient, request, startBackend } from '../src/testing/http2-harness.ts';
import { startProxy } from '../src/testing/proxy-process.ts';

const CLIENT = 'bot.test.serviceaccount.identity.tulle.cluster.local';
const WEB = { name: 'web.test.svc.cluster.local', address: '10.96.0.2:80', port: 80 };
const SAMPLES = 1000;
/** Added to twice the quiet time: the flood is made on the same machine, which tests may share with others. */
const GENEROUS_MS = 50;

async function startReal(t: TestContext): Promise<number> {
  const backend = await startBackend(t, (stream, head) => {
    if (head[':path'] !== '/ok') return;
    stream.respond({ ':status': 200 });
    stream.end('fine');
  });
  const authority = await testAuthority();
  const endpoints = [{ host: '127.0.0.1', port: backend.port, identity: null }];
  const plane = await startControlPlane(authority, [{ ...WEB, endpoints }]);
  t.after(() => plane.kill());
  const proxy = await startProxy({
    identity: CLIENT,
    trustAnchorsPem: authority.trustAnchorsPem,
    controlPort: plane.port,
    inbound: ['127.0.0.1:9'],
    outbound: [WEB.address],
  });
  t.after(() => proxy.kill());
  return proxy.outboundPorts[0] ?? 0;
}

/** The 99th of a hundred, in milliseconds. */
async function p99Of(session: ClientHttp2Session): Promise<number> {
  const tookMs: number[] = [];
  for (let i = 0; i < SAMPLES; i += 1) {
    const startedAtMs = performance.now();
    const answer = await request(session, { ':path': '/ok' });
    tookMs.push(performance.now() - startedAtMs);
    assert.equal(String(answer.body), 'fine', JSON.stringify(answer.headers ?? answer));
  }
  return tookMs.toSorted((a, b) => a - b)[Math.floor(SAMPLES * 0.99)] ?? Infinity;
}

test('while floods follow each other, requests of others are all answered, in about the same time', async (t) => {
  const port = await startReal(t);
  const session = connectClient(t, port);
  await p99Of(session);
  const quietMs = await p99Of(session);
  const worker = new Worker(new URL('../src/testing/flood-worker.ts', import.meta.url), {
    workerData: { port },
  });
  t.after(() => worker.terminate());
  const floodedMs = await p99Of(session);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
  worker.postMessage('stop');
  const [floods] = (await once(worker, 'message')) as [number];
  assert.ok(floods > 1, `only ${floods} floods ran`);
  const limitMs = 2 * quietMs + GENEROUS_MS;
  assert.ok(floodedMs <= limitMs, `p99 went from ${quietMs} to ${floodedMs} ms`);
});
