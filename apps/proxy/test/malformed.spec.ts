/**
 * Malformed HTTP/1 against three origins that read it differently: the status, that nothing of it goes on, that the
 * connection ends, that it is counted, and that no origin is out of step afterwards.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startNginx, startNode, startPython } from '../src/testing/foreign-origins.ts';
import type { ForeignOrigin } from '../src/testing/foreign-origins.ts';
import { startMesh, sumOf } from '../src/testing/mesh.ts';
import type { Mesh } from '../src/testing/mesh.ts';
import { eventually } from '../src/testing/scripted-controller.ts';

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';
const GET = 'GET /bad HTTP/1.1\r\nHost: h\r\n';
const POST = 'POST /bad HTTP/1.1\r\nHost: h\r\n';
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
const MANY = Array.from({ length: 1500 }, (_, i) => `x-${i}: ${i}\r\n`).join('');

type Case = readonly [name: string, bytes: string, status: number, reason: string];

/** Faults of the head: not a byte may go on. */
const HEADS: readonly Case[] = [
  [
    'CL and TE',
    `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'Content-Length with Transfer-Encoding',
  ],
  [
    'TE and CL',
    `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
    400,
    'Content-Length with Transfer-Encoding',
  ],
  [
    'two different CL',
    `${POST}Content-Length: 0\r\nContent-Length: 33\r\n\r\n`,
    400,
    'repeated Content-Length',
  ],
  [
    'two equal CL',
    `${POST}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`,
    400,
    'repeated Content-Length',
  ],
  ['a list of CL', `${POST}Content-Length: 0, 0\r\n\r\n`, 400, 'malformed Content-Length'],
  ['empty CL', `${POST}Content-Length: \r\n\r\n`, 400, 'malformed Content-Length'],
  ['CL +3', `${POST}Content-Length: +3\r\n\r\nabc`, 400, 'malformed Content-Length'],
  ['CL -1', `${POST}Content-Length: -1\r\n\r\n`, 400, 'malformed Content-Length'],
  ['CL 0x3', `${POST}Content-Length: 0x3\r\n\r\nabc`, 400, 'malformed Content-Length'],
  [
    'TE xchunked',
    `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    501,
    'unknown Transfer-Encoding',
  ],
  [
    'TE gzip, chunked',
    `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    501,
    'unknown Transfer-Encoding',
  ],
  ['TE identity', `${POST}Transfer-Encoding: identity\r\n\r\n`, 501, 'unknown Transfer-Encoding'],
  [
    'TE with a vertical tab',
    `${POST}Transfer-Encoding:\u000bchunked\r\n\r\n0\r\n\r\n`,
    400,
    'invalid character in header value',
  ],
  [
    'two TE',
    `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
    400,
    'repeated Transfer-Encoding',
  ],
  [
    'TE on HTTP/1.0',
    'POST /bad HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'Transfer-Encoding on HTTP/1.0',
  ],
  ['two Host', `${GET}Host: i\r\n\r\n`, 400, 'repeated Host'],
  ['no Host', 'GET /bad HTTP/1.1\r\nX: y\r\n\r\n', 400, 'missing Host'],
  ['Host with user', 'GET /bad HTTP/1.1\r\nHost: a@h\r\n\r\n', 400, 'malformed Host'],
  [
    'Host against target',
    'GET http://other/bad HTTP/1.1\r\nHost: h\r\n\r\n',
    400,
    'Host disagrees with the request target',
  ],
  ['obs-fold', `${GET}A: b\r\n c\r\n\r\n`, 400, 'folded header line'],
  [
    'obs-fold of TE',
    `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`,
    400,
    'folded header line',
  ],
  ['bare LF', `${GET}A: b\nC: d\r\n\r\n`, 400, 'line feed without carriage return'],
  ['bare LF at the end', `${GET}A: b\n\n`, 400, 'line feed without carriage return'],
  ['bare CR', `${GET}A: b\rC: d\r\n\r\n`, 400, 'carriage return without line feed'],
  [
    'space before the colon',
    `${POST}Content-Length : 33\r\n\r\n`,
    400,
    'space before the colon of a header',
  ],
  [
    'tab before the colon',
    `${POST}Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'space before the colon of a header',
  ],
  ['empty name', `${GET}: x\r\n\r\n`, 400, 'empty header name'],
  ['NUL in a value', `${GET}A: b\0c\r\n\r\n`, 400, 'invalid character in header value'],
  ['NUL in a name', `${GET}A\0: b\r\n\r\n`, 400, 'invalid character in header name'],
  ['no colon', `${GET}nonsense\r\n\r\n`, 400, 'invalid character in header name'],
  [
    'control in the target',
    'GET /b\u0001ad HTTP/1.1\r\nHost: h\r\n\r\n',
    400,
    'malformed request line',
  ],
  ['line feeds in front', `\n\n${GET}\r\n`, 400, 'malformed request line'],
  ['two spaces', 'GET  /bad HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'malformed request line'],
  ['fragment', 'GET http://h/bad#x HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'malformed request target'],
  ['HTTP/1.2', 'GET /bad HTTP/1.2\r\nHost: h\r\n\r\n', 505, 'unsupported HTTP version'],
  ['CONNECT to a path', 'CONNECT /bad HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'malformed CONNECT'],
  ['1,500 fields', `${GET}${MANY}\r\n`, 431, 'too many header fields'],
  ['a field of 20 kB', `${GET}A: ${'b'.repeat(20_000)}\r\n\r\n`, 431, 'head too large'],
  [
    'a target of 70 kB',
    `GET /${'b'.repeat(70_000)} HTTP/1.1\r\nHost: h\r\n\r\n`,
    414,
    'request target too long',
  ],
];

/** Faults of the body: the head may have gone on, but never what follows. */
const BODIES: readonly Case[] = [
  ['chunk size 0x3', `${CHUNKED}0x3\r\nabc\r\n0\r\n\r\n`, 400, 'malformed chunk size'],
  ['chunk size with a space', `${CHUNKED}3 \r\nabc\r\n0\r\n\r\n`, 400, 'malformed chunk size'],
  [
    'chunk size that wraps',
    `${CHUNKED}10000000000000003\r\nabc\r\n0\r\n\r\n`,
    400,
    'malformed chunk size',
  ],
  ['negative chunk size', `${CHUNKED}-3\r\nabc\r\n0\r\n\r\n`, 400, 'malformed chunk size'],
  ['bare LF after a size', `${CHUNKED}3\nabc\r\n0\r\n\r\n`, 400, 'malformed chunk size'],
  ['bare LF after a chunk', `${CHUNKED}3\r\nabc\n0\r\n\r\n`, 400, 'chunk without end'],
  ['chunk longer than its size', `${CHUNKED}3\r\nabcd\r\n0\r\n\r\n`, 400, 'chunk without end'],
  ['LF in an extension', `${CHUNKED}3;a\nb\r\nabc\r\n0\r\n\r\n`, 400, 'malformed chunk size'],
  [
    '64 KiB of extension',
    `${CHUNKED}3;${'a'.repeat(65_536)}\r\nabc\r\n0\r\n\r\n`,
    413,
    'chunk extensions too long',
  ],
  ['CL as a trailer', `${CHUNKED}0\r\nContent-Length: 33\r\n\r\n`, 400, 'malformed trailer'],
  ['folded trailer', `${CHUNKED}0\r\nA: b\r\n c\r\n\r\n`, 400, 'folded header line'],
];

interface Ended {
  readonly text: string;
  readonly tookMs: number;
}

/** Sends and reads until the proxy closes. */
async function exchange(port: number, bytes: string): Promise<Ended> {
  const startedAtMs = performance.now();
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  socket.write(bytes, 'latin1');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  socket.destroy();
  return { text, tookMs: performance.now() - startedAtMs };
}

async function get(port: number, path: string): Promise<string> {
  const { text } = await exchange(
    port,
    `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
  );
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

interface Setup {
  readonly mesh: Mesh;
  readonly origins: readonly ForeignOrigin[];
}

async function start(t: TestContext): Promise<Setup> {
  const origins = await Promise.all([startNode(t), startNginx(t), startPython(t)]);
  const services = origins.map(({ name, port }) => ({ name, appPorts: [port], isMeshed: false }));
  return { mesh: await startMesh(t, services), origins };
}

/** All cases one after another, each with an ordinary request behind it. */
async function judge(setup: Setup, origin: ForeignOrigin, cases: readonly Case[]): Promise<void> {
  const port = setup.mesh.ports[origin.name] ?? 0;
  for (const [i, [name, bytes, status]] of cases.entries()) {
    const { text, tookMs } = await exchange(port, bytes + SMUGGLED);
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `), name);
    assert.equal(text.split('HTTP/1.1 ').length, 2, `${name}: one answer, not ${text}`);
    assert.ok(tookMs < 5000, `${name}: closed after ${tookMs} ms`);
    assert.equal(await get(port, `/after-${i}`), `GET /after-${i}`, `${name}: out of step`);
  }
}

/** How often each reason should have been counted. */
function tally(cases: readonly Case[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [, , , reason] of cases) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}

test('what is malformed is refused, and no origin sees a request that was smuggled in it', async (t) => {
  const setup = await start(t);
  const { mesh, origins } = setup;
  for (const origin of origins) await judge(setup, origin, HEADS);
  for (const origin of origins) {
    const lines = origin.seen().filter((line) => !line.startsWith('GET /after-'));
    assert.deepEqual(lines, [], origin.name);
    await eventually(() => origin.seen().length >= HEADS.length, `${origin.name} wrote its log`);
    assert.equal(origin.seen().length, HEADS.length, origin.name);
  }
  for (const origin of origins) await judge(setup, origin, BODIES);
  for (const origin of origins) {
    const lines = origin.seen().filter((line) => line.includes('smuggled'));
    assert.deepEqual(lines, [], origin.name);
  }
  const page = await mesh.client.metrics();
  for (const [reason, count] of tally([...HEADS, ...BODIES])) {
    const counted = sumOf(page, 'http_malformed_total', `"${reason}"`);
    assert.equal(counted, count * origins.length, reason);
  }
});

test('what is odd but right goes on, and each origin reads the same requests in it', async (t) => {
  const { mesh, origins } = await start(t);
  const pipelined = [
    '\r\nGET /1 HTTP/1.1\r\nHost: h\r\n\r\n',
    'POST /2 HTTP/1.1\r\nhost:h\r\nTRANSFER-ENCODING: CHUNKED\r\n\r\n3;a="b"\r\nabc\r\n0\r\nT: v\r\n\r\n',
    'POST /3 HTTP/1.1\r\nHost:  h \r\nContent-Length: 0003\r\n\r\nabc',
    'GET http://h/4 HTTP/1.1\r\nHost: h\r\nX-Empty:\r\n\r\n',
    'GET /5 HTTP/1.1\r\nHost: h\r\nConnection: content-length, close\r\nContent-Length: 33\r\n\r\n',
    SMUGGLED.slice(0, 33),
  ].join('');
  for (const origin of origins) {
    const { text } = await exchange(mesh.ports[origin.name] ?? 0, pipelined);
    assert.equal(text.match(/HTTP\/1\.1 200 /g)?.length, 5, `${origin.name}: ${text}`);
    // nginx writes its log after the answer.
    await eventually(() => origin.seen().length >= 5, `${origin.name} saw five requests`);
    const targets = origin.seen().map((line) => line.split(' ')[1]?.replace('http://h', ''));
    assert.deepEqual(targets, ['/1', '/2', '/3', '/4', '/5'], origin.name);
  }
});
