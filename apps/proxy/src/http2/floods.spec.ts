/**
 * Floods that took servers down (CVE-2019-9511 ff., 2023-44487, 2024-27316, 2025-8671), from raw frames. The bar: the
 * flooding connection is closed with ENHANCE_YOUR_CALM within 1,000 bad frames or 1 MiB, and others go on.
 */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { ErrorCode } from './error-code.ts';
import { Flag, FrameType } from './frame.ts';
import { connectClient, request, startBackend, startProxy } from '../testing/http2-harness.ts';
import {
  GET_BLOCK,
  POST_BLOCK,
  block,
  connectRaw,
  frame,
  uint32,
  type RawPeer,
} from '../testing/raw-http2.ts';

const { data, headers, priority, rstStream, settings, ping, windowUpdate, continuation } =
  FrameType;
const { endStream, endHeaders } = Flag;

interface Flood {
  readonly name: string;
  /** Sent before the flood. */
  readonly opening?: Buffer;
  /** The i-th bad frames, sent as one. */
  readonly bad: (i: number) => Buffer;
  /** Bad frames per call of `bad`. */
  readonly frames?: number;
}

const id = (i: number) => 2 * i + 1;
const FLOODS: readonly Flood[] = [
  {
    name: 'rapid reset',
    frames: 2,
    bad: (i) =>
      Buffer.concat([
        frame(headers, endHeaders | endStream, id(i), GET_BLOCK),
        frame(rstStream, 0, id(i), uint32(8)),
      ]),
  },
  {
    name: 'resets we are made to send',
    frames: 2,
    bad: (i) =>
      Buffer.concat([
        frame(headers, endHeaders, id(i), POST_BLOCK),
        frame(windowUpdate, 0, id(i), uint32(0)),
      ]),
  },
  {
    name: 'malformed requests',
    bad: (i) => frame(headers, endHeaders | endStream, id(i), block(['x', 'y'])),
  },
  { name: 'streams beyond the limit', bad: (i) => frame(headers, endHeaders, id(i), POST_BLOCK) },
  {
    name: 'CONTINUATION',
    opening: frame(headers, endStream, 1, GET_BLOCK),
    bad: () => frame(continuation, 0, 1, Buffer.alloc(1000, 0x82)),
  },
  {
    name: 'empty CONTINUATION',
    opening: frame(headers, endStream, 1, GET_BLOCK),
    bad: () => frame(continuation, 0, 1),
  },
  {
    name: 'empty DATA',
    opening: frame(headers, endHeaders, 1, POST_BLOCK),
    bad: () => frame(data, 0, 1),
  },
  {
    name: 'padded empty DATA',
    opening: frame(headers, endHeaders, 1, POST_BLOCK),
    bad: () => frame(data, Flag.padded, 1, Buffer.from([3, 0, 0, 0])),
  },
  { name: 'PING', bad: () => frame(ping, 0, 0, Buffer.alloc(8)) },
  { name: 'SETTINGS', bad: () => frame(settings, 0, 0) },
  { name: 'PRIORITY', bad: (i) => frame(priority, 0, id(i), Buffer.alloc(5)) },
  { name: 'WINDOW_UPDATE on the connection', bad: () => frame(windowUpdate, 0, 0, uint32(1)) },
  {
    name: 'WINDOW_UPDATE on a stream',
    opening: frame(headers, endHeaders, 1, POST_BLOCK),
    bad: () => frame(windowUpdate, 0, 1, uint32(1)),
  },
  { name: 'unknown frames', bad: () => frame(0x42, 0, 0, Buffer.alloc(3)) },
];

async function quietBackend(t: TestContext) {
  const backend = await startBackend(t, (stream, head) => {
    if (head[':path'] !== '/ok') return;
    stream.respond({ ':status': 200 });
    stream.end('fine');
  });
  return startProxy(t, backend.port);
}

/** Sends at most 1,000 bad frames and checks that they were too many. */
async function flood(peer: RawPeer, { bad, opening, frames = 1 }: Flood): Promise<void> {
  if (opening !== undefined) peer.send(opening);
  const before = peer.sentBytes;
  for (let i = 0; i < 1000 / frames; i += 1) peer.send(bad(i));
  assert.ok(peer.sentBytes - before <= 1 << 20);
  await peer.untilClosed();
  assert.equal(peer.goawayCode, ErrorCode.enhanceYourCalm);
}

describe('a connection is closed for a flood of', () => {
  for (const one of FLOODS) {
    test(one.name, async (t) => {
      const proxy = await quietBackend(t);
      const bystander = connectClient(t, proxy.port);
      await request(bystander, { ':path': '/ok' });
      await flood(await connectRaw(t, proxy.port), one);
      const answer = await request(bystander, { ':path': '/ok' });
      assert.equal(String(answer.body), 'fine');
    });
  }

  test('HPACK bombs', async (t) => {
    const proxy = await quietBackend(t);
    const peer = await connectRaw(t, proxy.port);
    const seed = Buffer.concat([
      GET_BLOCK,
      Buffer.from('4003782d617fa11e', 'hex'),
      Buffer.alloc(4000, 0x61),
    ]);
    peer.send(frame(headers, endHeaders | endStream, 1, seed));
    peer.send(frame(headers, endHeaders | endStream, 3, Buffer.alloc(16_000, 0xbe)));
    await peer.untilClosed();
    assert.equal(peer.goawayCode, ErrorCode.enhanceYourCalm);
  });

  test('oversized heads', async (t) => {
    const proxy = await quietBackend(t);
    const peer = await connectRaw(t, proxy.port);
    const big = Buffer.concat([GET_BLOCK, Buffer.alloc(101, 0x82)]);
    for (let i = 0; i < 100; i += 1) peer.send(frame(headers, endHeaders | endStream, id(i), big));
    await peer.untilClosed();
    assert.equal(peer.goawayCode, ErrorCode.enhanceYourCalm);
    const statuses = new Set(proxy.service.malformed.map(({ status }) => status));
    assert.deepEqual([...statuses], [431, 429]);
  });

  test('answers it does not read', async (t) => {
    const proxy = await quietBackend(t);
    const peer = await connectRaw(t, proxy.port);
    peer.socket.pause();
    for (let i = 0; i < 1000; i += 1) peer.send(frame(ping, 0, 0, Buffer.alloc(8)));
    await proxy.served[0]?.closed;
  });
});

describe('a busy client is no flood:', () => {
  test('it pings and updates windows with each message of a long stream', async (t) => {
    const backend = await startBackend(t, (stream) => {
      stream.respond({ ':status': 200 });
      let left = 3000;
      const write = () => {
        left -= 1;
        if (left === 0) stream.end('end');
        else stream.write(Buffer.alloc(100), () => setImmediate(write));
      };
      write();
    });
    const proxy = await startProxy(t, backend.port);
    const peer = await connectRaw(t, proxy.port);
    let answered = 0;
    peer.socket.on('data', () => {
      const frames = peer.frames.filter((seen) => seen.type === data).length;
      for (; answered < frames; answered += 1) {
        peer.send(frame(windowUpdate, 0, 0, uint32(100)), frame(windowUpdate, 0, 1, uint32(100)));
      }
    });
    peer.send(frame(headers, endHeaders | endStream, 1, GET_BLOCK));
    const last = await peer.next((seen) => seen.type === data && (seen.flags & endStream) !== 0);
    assert.ok(last !== undefined);
    assert.equal(peer.goawayCode, null);
  });

  test('it takes back one request in three, for hours', async (t) => {
    const proxy = await quietBackend(t);
    const session = connectClient(t, proxy.port);
    for (let round = 0; round < 150; round += 1) {
      const cancelled = Array.from({ length: 5 }, () => {
        const stream = session.request({ ':path': '/never' });
        stream.on('error', () => {});
        return stream;
      });
      await Promise.all(Array.from({ length: 10 }, () => request(session, { ':path': '/ok' })));
      for (const stream of cancelled) stream.close(8);
    }
    assert.equal(session.closed, false);
    await request(session, { ':path': '/ok' });
  });
});
