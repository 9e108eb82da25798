/** What breaks around the proxies while requests go through them, each with the count of requests sent and lost. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startControlPlane } from '../src/testing/control-plane.ts';
import { listen } from '../src/testing/http2-harness.ts';
import { startKillableApp } from '../src/testing/killable-app.ts';
import { startMesh, sumOf } from '../src/testing/mesh.ts';
import type { MeshService } from '../src/testing/mesh.ts';
import { startLoad } from '../src/testing/paced-load.ts';
import type { LoadCounts } from '../src/testing/paced-load.ts';
import { eventually } from '../src/testing/scripted-controller.ts';

const PER_SECOND = 200;
const ANY = { match: { case: 'path' as const, value: { regex: '/.*' } } };
const RETRYING: NonNullable<MeshService['profile']> = {
  routes: [{ condition: ANY, isRetryable: true }],
  retryBudget: { retryRatio: 0.2, minRetriesPerSecond: 10, ttl: { seconds: 10n, nanos: 0 } },
};

function assertNoneLost(t: TestContext, { sent, answered, lost }: LoadCounts): void {
  t.diagnostic(`${sent} sent, ${sent - answered} lost`);
  assert.deepEqual(lost, {});
  assert.equal(answered, sent);
}

for (const isMeshed of [false, true]) {
  const what = isMeshed ? 'proxy and application' : 'application';
  test(`one of three instances is killed (${what}): no GET is lost`, async (t) => {
    const apps = await Promise.all([1, 2, 3].map(() => startKillableApp(t)));
    const appPorts = apps.map(({ port }) => port);
    const mesh = await startMesh(t, [{ name: 'web', appPorts, isMeshed, profile: RETRYING }]);
    const load = startLoad(t, { port: mesh.ports['web'] ?? 0, perSecond: PER_SECOND });
    await pause(1000);
    mesh.servers['web']?.[0]?.kill();
    await apps[0]?.kill();
    await pause(1000);
    const deadPort = isMeshed ? mesh.servers['web']?.[0]?.inboundPorts[0] : appPorts[0];
    const tried = async (): Promise<number> =>
      sumOf(await mesh.client.metrics(), 'request_total', `dst_pod="pod-${deadPort}"`);
    const triedBefore = await tried();
    assert.ok(triedBefore > 0);
    await pause(1000);
    // Shut out: only a probe now and then goes there.
    assert.ok((await tried()) - triedBefore <= 5, `${await tried()} after ${triedBefore}`);
    assertNoneLost(t, await load.stop());
  });
}

test('the controller is gone for a while: nothing is lost, and it is asked again soon, once each', async (t) => {
  const asked: string[] = [];
  const onAsked = (path: string): void => void asked.push(path);
  const app = await startKillableApp(t);
  const services = [{ name: 'web', appPorts: [app.port] }];
  const mesh = await startMesh(t, services, { plane: { onAsked } });
  const load = startLoad(t, { port: mesh.ports['web'] ?? 0, perSecond: PER_SECOND });
  await pause(500);
  const watches = new Set(asked).size;
  await mesh.plane.kill();
  await pause(2000);
  asked.length = 0;
  const { authority, port } = mesh.plane;
  mesh.plane = await startControlPlane(authority, mesh.services, port, { onAsked });
  const backAtMs = performance.now();
  await eventually(() => new Set(asked).size >= watches, 'every watch came back', 5000);
  t.diagnostic(`${watches} watches back after ${Math.round(performance.now() - backAtMs)} ms`);
  await pause(1000);
  assert.ok(asked.length <= 2 * watches, `${asked.length} questions for ${watches} watches`);
  assertNoneLost(t, await load.stop());
});

test('certificates are replaced under load: nothing is lost', async (t) => {
  const app = await startKillableApp(t);
  const mesh = await startMesh(t, [{ name: 'web', appPorts: [app.port] }], {
    plane: { leafLifetimeMs: 1500 },
    env: { LINKERD2_PROXY_IDENTITY_MIN_REFRESH: '200ms' },
  });
  const before = mesh.plane.certified.length;
  const load = startLoad(t, { port: mesh.ports['web'] ?? 0, perSecond: PER_SECOND });
  await eventually(() => mesh.plane.certified.length >= before + 6, 'three rotations each', 20_000);
  assertNoneLost(t, await load.stop());
});

test('an instance is told to stop under load: nothing is lost, and it ends by itself', async (t) => {
  const apps = await Promise.all([1, 2].map(() => startKillableApp(t)));
  const mesh = await startMesh(t, [{ name: 'web', appPorts: apps.map(({ port }) => port) }]);
  const load = startLoad(t, { port: mesh.ports['web'] ?? 0, perSecond: PER_SECOND });
  await pause(1000);
  assert.equal(await mesh.servers['web']?.[0]?.stop(), 0);
  await pause(500);
  assertNoneLost(t, await load.stop());
});

/** By path, misbehaves; answers everything else. */
function troubled(socket: Socket): void {
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    const path = /^[A-Z]+ (\S+)/.exec(chunk.toString('latin1'))?.[1] ?? '';
    if (path === '/reset') socket.resetAndDestroy();
    else if (path === '/half') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    else if (path === '/nothing') socket.end();
    else if (path === '/slow') return;
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    // Closes behind its answer without having said so: the next request may come to a connection that is gone.
    if (path.startsWith('/stale')) socket.end();
  });
}

test('an application that resets, closes early, is slow or says nothing is told as such, and only there', async (t) => {
  const appPort = await listen(t, createTcpServer({ allowHalfOpen: true }, troubled));
  const timeout = { seconds: 0n, nanos: 500_000_000 };
  const path = { match: { case: 'path' as const, value: { regex: '/slow' } } };
  const profile = { routes: [{ condition: path, timeout }] };
  const services = [true, false].map((isMeshed) => ({
    name: isMeshed ? 'meshed' : 'plain',
    appPorts: [appPort],
    isMeshed,
    profile,
  }));
  const mesh = await startMesh(t, services);
  for (const { name } of services) {
    const ask = async (what: string): Promise<string> => {
      const res = await fetch(`http://127.0.0.1:${mesh.ports[name]}/${what}`, {
        headers: { Host: 'web' },
      });
      const body = await res.text().catch(() => 'broken off');
      return `${res.status} ${body}`;
    };
    const load = startLoad(t, { port: mesh.ports[name] ?? 0, perSecond: 50 });
    assert.match(await ask('reset'), /^502 /, name);
    assert.match(await ask('nothing'), /^502 /, name);
    assert.equal(await ask('half'), '200 broken off', name);
    assert.match(await ask('slow'), /^504 /, name);
    for (let i = 0; i < 20; i += 1) assert.equal(await ask(`stale-${i}`), '200 ok', name);
    assertNoneLost(t, await load.stop());
  }
});

test('more than may be under way is refused at once, memory stays, and what follows is answered', async (t) => {
  const waiting: (() => void)[] = [];
  let isSlow = true;
  const app = createServer((_req, res) => {
    if (isSlow) waiting.push(() => res.end('late'));
    else res.end('soon');
  });
  const mesh = await startMesh(
    t,
    [{ name: 'web', appPorts: [await listen(t, app)], isMeshed: false }],
    {
      env: { LINKERD2_PROXY_OUTBOUND_MAX_IN_FLIGHT: '50' },
    },
  );
  const port = mesh.ports['web'] ?? 0;
  const residentMb = async (): Promise<number> =>
    sumOf(await mesh.client.metrics(), 'process_resident_memory_bytes') / 1e6;
  const beforeMb = await residentMb();
  const flood = startLoad(t, { port, perSecond: 1000, connections: 300, timeoutMs: 20_000 });
  await pause(1500);
  const duringMb = await residentMb();
  isSlow = false;
  const startedAtMs = performance.now();
  for (const answer of waiting) answer();
  const { sent, answered, lost } = await flood.stop();
  const reasons = Object.keys(lost);
  t.diagnostic(`${sent} sent, ${answered} answered, lost: ${JSON.stringify(lost)}`);
  assert.ok(answered >= 50 && answered < sent);
  for (const reason of reasons) assert.match(reason, /^503 /);
  assert.ok(performance.now() - startedAtMs < 3000, 'refusals do not wait');
  assert.ok(duringMb - beforeMb < 32, `grew from ${beforeMb} to ${duringMb} MB`);
  const load = startLoad(t, { port, perSecond: 100 });
  await pause(500);
  assertNoneLost(t, await load.stop());
});
