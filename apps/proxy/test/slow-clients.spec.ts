/** Clients that hold connections: slow on purpose, or idle by the thousand. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { listen } from '../src/testing/http2-harness.ts';
import { startMesh } from '../src/testing/mesh.ts';
import type { Mesh } from '../src/testing/mesh.ts';
import { quantile, startLoad } from '../src/testing/paced-load.ts';

const BIG = Buffer.alloc(256 * 1024, 'x');
const GET = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n';

async function start(t: TestContext): Promise<Mesh> {
  const app = createServer((req, res) => {
    req.resume();
    res.end(req.url === '/big' ? BIG : 'ok');
  });
  return startMesh(t, [{ name: 'web', appPorts: [await listen(t, app)], isMeshed: false }]);
}

/** Opens connections a few at a time: a thousand at once would be refused by the kernel, not by the proxy. */
async function open(t: TestContext, port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(100, count - sockets.length) }, () =>
      connect({ port, host: '127.0.0.1' }),
    );
    sockets.push(...some);
    await Promise.all(some.map((socket) => once(socket, 'connect')));
  }
  for (const socket of sockets) socket.on('error', () => {});
  return sockets;
}

/** One byte a second, for ever. */
function drip(t: TestContext, sockets: readonly Socket[], byte: string): void {
  const timer = setInterval(() => {
    for (const socket of sockets) if (!socket.destroyed) socket.write(byte);
  }, 1000);
  t.after(() => clearInterval(timer));
}

const CLOSED_WITHIN_MS = 15_000;

test('500 slow clients are all gone within 15 seconds, and others notice nothing', async (t) => {
  const mesh = await start(t);
  const port = mesh.ports['web'] ?? 0;
  const startedAtMs = performance.now();
  const heads = await open(t, port, 200);
  for (const socket of heads) socket.write('GET / HTTP/1.1\r\nX-Slow: ');
  drip(t, heads, 'a');
  // No byte of a body at all, and a preface that never ends.
  const bodies = await open(t, port, 100);
  for (const socket of bodies)
    socket.write('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 100\r\n\r\nx');
  const prefaces = await open(t, port, 100);
  for (const socket of prefaces) socket.write('PRI * HTTP/2.0\r\n\r\nSM');
  const readers = await open(t, port, 100);
  // More than the kernel's buffers take: a reader whose answers all fit there is idle, not slow.
  for (const socket of readers) {
    socket.pause();
    socket.write('GET /big HTTP/1.1\r\nHost: web\r\n\r\n'.repeat(40));
  }
  const all = [...heads, ...bodies, ...prefaces, ...readers];
  const closed = all.map(async (socket) => {
    if (!readers.includes(socket)) socket.resume();
    if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
    return performance.now() - startedAtMs;
  });
  const load = startLoad(t, { port, perSecond: 100 });
  // A reader that does not read sees the end only when it does.
  await pause(CLOSED_WITHIN_MS - (performance.now() - startedAtMs));
  for (const socket of readers) socket.resume();
  const tookMs = (await Promise.all(closed)).toSorted((a, b) => a - b);
  const { sent, answered, lost, latenciesMs } = await load.stop();
  t.diagnostic(
    `last closed after ${Math.round(tookMs.at(-1) ?? 0)} ms; ${sent} sent, ${sent - answered} lost`,
  );
  assert.deepEqual(lost, {});
  assert.ok((tookMs.at(-1) ?? Infinity) < CLOSED_WITHIN_MS + 2000);
  const p50Ms = quantile(latenciesMs, 0.5);
  assert.ok(p50Ms < 250, `others waited ${p50Ms} ms`);
});

/** Memory of its own, in kB. */
function anonymousKb(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss_Anon:\s+(\d+)/m.exec(rollup)?.[1] ?? Number.NaN);
}

async function askEach(sockets: readonly Socket[]): Promise<void> {
  for (let at = 0; at < sockets.length; at += 250) {
    const some = sockets.slice(at, at + 250);
    await Promise.all(
      some.map(async (socket) => {
        const answered = once(socket, 'data');
        socket.write(GET);
        const [chunk] = (await answered) as [Buffer];
        assert.match(chunk.toString('latin1'), /^HTTP\/1\.1 200 OK\r\n[^]*ok$/);
      }),
    );
  }
}

const IDLE = 5000;
/** Garbage not collected yet is in it; the benchmark has the exact figure. */
const MOST_KB_EACH = 20;

test('5,000 idle connections are held, each answered whenever it asks, at little cost', async (t) => {
  const mesh = await start(t);
  const port = mesh.ports['web'] ?? 0;
  const pid = mesh.client.child.pid ?? 0;
  await askEach(await open(t, port, 100));
  const beforeKb = process.platform === 'linux' ? anonymousKb(pid) : 0;
  const sockets = await open(t, port, IDLE);
  await askEach(sockets);
  const eachKb = process.platform === 'linux' ? (anonymousKb(pid) - beforeKb) / IDLE : 0;
  t.diagnostic(`${eachKb.toFixed(1)} kB each`);
  assert.ok(eachKb < MOST_KB_EACH, `${eachKb} kB each`);
  assert.ok(sockets.every((socket) => !socket.destroyed));
  await askEach(sockets);
});
