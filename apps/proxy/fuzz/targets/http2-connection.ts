/** A whole HTTP/2 connection: whatever comes, it answers in frames, each stream alike however the bytes are cut, and ends. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { FrameType, PREFACE } from '../../src/http2/frame.ts';
import { FrameReader } from '../../src/http2/frame-reader.ts';
import { serveHttp2 } from '../../src/http2/server.ts';
import type { HttpService } from '../../src/stack/http-service.ts';
import { codecContext } from '../../src/testing/codec-context.ts';
import { LOCAL_PEER } from '../../src/testing/http2-harness.ts';
import { GET_BLOCK, POST_BLOCK, frame, uint32 } from '../../src/testing/raw-http2.ts';
import { bytesOf, cutsOf, pieces } from '../engine/fuzz-target.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';

const REFUSING: HttpService = {
  begin: () => ({ kind: 'refusal', status: 503, proxyError: 'no', tellClient: true }),
  countMalformed: () => {},
};
const CONTEXT = { ...codecContext(), now: () => 0 };

interface Answered {
  /** Frames sent, those that give window back left out: they follow how bytes came. */
  readonly frames: readonly string[];
  readonly isClosed: boolean;
}

async function answerTo(parts: readonly Buffer[]): Promise<Answered> {
  const frames: string[] = [];
  const reader = new FrameReader({
    frame: (type, flags, streamId, buffer, start, end) => {
      if (type === FrameType.windowUpdate) return;
      frames.push(`${type} ${flags} ${streamId} ${buffer.toString('hex', start, end)}`);
    },
  });
  let isClosed = false;
  const wire = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      reader.read(chunk);
      done();
    },
    final: (done) => {
      isClosed = true;
      done();
    },
  });
  wire.on('error', () => {});
  const served = serveHttp2(wire as unknown as Socket, PREFACE, LOCAL_PEER, REFUSING, CONTEXT);
  for (const part of parts) if (part.length > 0 && !wire.destroyed) wire.push(part);
  await setImmediate();
  isClosed ||= wire.destroyed;
  served.destroy();
  await served.closed;
  assert.ok(!reader.isPartial, 'ends within a frame');
  return { frames, isClosed };
}

const SETTINGS = frame(FrameType.settings, 0, 0);

export const http2Connection: FuzzTarget = {
  name: 'http2-connection',
  words: [
    GET_BLOCK,
    SETTINGS,
    frame(1, 5, 1, GET_BLOCK),
    frame(0, 1, 1, bytesOf('x')),
    frame(6, 0, 0, Buffer.alloc(8)),
    frame(3, 0, 1, uint32(8)),
  ].map((bytes) => bytes.toString('latin1')),
  seeds: [
    Buffer.concat([SETTINGS, frame(1, 5, 1, GET_BLOCK), frame(6, 0, 0, Buffer.alloc(8))]),
    Buffer.concat([SETTINGS, frame(1, 4, 1, POST_BLOCK), frame(0, 1, 1, bytesOf('body'))]),
    Buffer.concat([SETTINGS, frame(1, 1, 1, GET_BLOCK), frame(9, 4, 1, Buffer.alloc(0))]),
    Buffer.concat([frame(4, 0, 0, Buffer.from([0, 4, 0, 0, 0, 1])), frame(1, 5, 3, GET_BLOCK)]),
    Buffer.concat([SETTINGS, frame(8, 0, 0, uint32(0x7fffffff)), frame(7, 0, 0, uint32(0, 0))]),
    Buffer.concat([
      SETTINGS,
      frame(1, 0x2d, 1, Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 16]), GET_BLOCK])),
    ]),
  ],
  async check(input) {
    const whole = await answerTo([input]);
    const cut = await answerTo(pieces(input, cutsOf(input, 6)));
    assert.equal(cut.isClosed, whole.isClosed);
    const answers = byStream(whole);
    for (const [stream, frames] of byStream(cut)) {
      if (answers.has(stream)) assert.deepEqual(frames, answers.get(stream), `stream ${stream}`);
      else assert.ok(isTakenBack(input, whole, stream), `stream ${stream} has no answer`);
    }
    for (const stream of answers.keys()) assert.ok(byStream(cut).has(stream));
  },
};

/** Frames in their order within each stream; between streams there is none to keep. */
function byStream({ frames }: Answered): ReadonlyMap<number, readonly string[]> {
  const streams = new Map<number, string[]>();
  for (const line of frames) {
    const stream = Number(line.split(' ')[2]);
    streams.set(stream, [...(streams.get(stream) ?? []), line]);
  }
  return streams;
}

/** A request never begins, and has no answer, when its reset or the connection's end lies in the read it came with. */
function isTakenBack(input: Buffer, { frames }: Answered, stream: number): boolean {
  const reset = frame(FrameType.rstStream, 0, stream, uint32(0)).subarray(0, 9);
  for (let at = 0; at + reset.length <= input.length; at += 1) {
    // Its flags (the fifth byte) mean nothing.
    const head = Buffer.from(input.subarray(at, at + reset.length));
    head[4] = 0;
    if (head.equals(reset)) return true;
  }
  return frames.some((line) => line.startsWith(`${FrameType.goaway} `));
}
