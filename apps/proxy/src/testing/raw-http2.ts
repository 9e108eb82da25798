/** An HTTP/2 peer that sends any bytes a test wants, right or wrong, and tells frames it got. */
import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { FrameType, PREFACE, writeFrameHeader, writeUint32 } from '../http2/frame.ts';
import { FrameReader } from '../http2/frame-reader.ts';
import { HpackEncoder } from '../http2/hpack/encoder.ts';
import { ownField } from '../http2/hpack/header-field.ts';

export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** Any frame. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const bytes = Buffer.alloc(9 + payload.length);
  writeFrameHeader(bytes, 0, payload.length, type, flags, streamId);
  payload.copy(bytes, 9);
  return bytes;
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => writeUint32(bytes, 4 * i, value));
  return bytes;
}

/** A header block without use of the dynamic table. */
export function block(...pairs: (readonly [string, string])[]): Buffer {
  const fields = pairs.map(([name, value]) => ownField(name, value));
  const bytes = Buffer.alloc(HpackEncoder.maxBytes(fields));
  return bytes.subarray(0, new HpackEncoder().encode(fields, bytes, 0));
}

export const GET_BLOCK = block(
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'a'],
);
export const POST_BLOCK = block(
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'a'],
);

export class RawPeer {
  readonly socket: Socket;
  readonly frames: SeenFrame[] = [];
  sentBytes = 0;
  closed = false;
  #wake: (() => void)[] = [];

  /** @param skipBytes of what comes first: a client's preface, where the peer is a server. */
  constructor(socket: Socket, skipBytes = 0) {
    this.socket = socket;
    let leftToSkip = skipBytes;
    const reader = new FrameReader({
      frame: (type, flags, streamId, buffer, start, end) => {
        this.frames.push({
          type,
          flags,
          streamId,
          payload: Buffer.from(buffer.subarray(start, end)),
        });
      },
    });
    socket.on('data', (chunk: Buffer) => {
      const skipped = Math.min(leftToSkip, chunk.length);
      leftToSkip -= skipped;
      reader.read(chunk.subarray(skipped));
      this.#wakeAll();
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      this.closed = true;
      this.#wakeAll();
    });
  }

  send(...bytes: Buffer[]): void {
    for (const part of bytes) {
      this.sentBytes += part.length;
      if (this.socket.writable) this.socket.write(part);
    }
  }

  #wakeAll(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }

  /** Waits for a frame, or undefined when the connection closes without one. */
  async next(wanted: (frame: SeenFrame) => boolean): Promise<SeenFrame | undefined> {
    for (;;) {
      const found = this.frames.find((seen) => wanted(seen));
      if (found !== undefined || this.closed) return found;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake.push(resolve);
      await promise;
    }
  }

  async untilClosed(): Promise<void> {
    if (!this.closed) await once(this.socket, 'close');
  }

  /** The error code of the last GOAWAY, null without one. */
  get goawayCode(): number | null {
    const last = this.frames.findLast((seen) => seen.type === FrameType.goaway);
    return last === undefined ? null : last.payload.readUInt32BE(4);
  }
}

/** Connects and opens HTTP/2. @param hello sent in place of preface and SETTINGS. */
export async function connectRaw(
  t: Pick<TestContext, 'after'>,
  port: number,
  hello: Buffer = Buffer.concat([PREFACE, frame(FrameType.settings, 0, 0)]),
): Promise<RawPeer> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return greet(socket, hello);
}

/** The same inside TLS, without a look at the server's certificate. */
export async function connectRawSecure(t: TestContext, port: number): Promise<RawPeer> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
  });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  return greet(socket, Buffer.concat([PREFACE, frame(FrameType.settings, 0, 0)]));
}

function greet(socket: Socket, hello: Buffer): RawPeer {
  const peer = new RawPeer(socket);
  peer.send(hello);
  return peer;
}
