/** Floods that took servers down (CVE-2019-9511 ff., 2023-44487, 2024-27316, 2025-8671), as raw frames. */
import assert from 'node:assert/strict';
import { ErrorCode } from '../http2/error-code.ts';
import { Flag, FrameType } from '../http2/frame.ts';
import { GET_BLOCK, POST_BLOCK, block, frame, uint32, type RawPeer } from './raw-http2.ts';

const { data, headers, priority, rstStream, settings, ping, windowUpdate, continuation } =
  FrameType;
const { endStream, endHeaders } = Flag;

export interface Flood {
  readonly name: string;
  /** Sent before the flood. */
  readonly opening?: Buffer;
  /** The i-th bad frames, sent as one. */
  readonly bad: (i: number) => Buffer;
  /** Bad frames per call of `bad`. */
  readonly frames?: number;
}

/** A client's i-th stream. */
export const id = (i: number) => 2 * i + 1;
/** Each goes on until the connection is closed. */
export const FLOODS: readonly Flood[] = [
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

/** Sends at most 1,000 bad frames and checks that they were too many. */
export async function flood(peer: RawPeer, { bad, opening, frames = 1 }: Flood): Promise<void> {
  if (opening !== undefined) peer.send(opening);
  const before = peer.sentBytes;
  for (let i = 0; i < 1000 / frames; i += 1) peer.send(bad(i));
  assert.ok(peer.sentBytes - before <= 1 << 20);
  await peer.untilClosed();
  assert.equal(peer.goawayCode, ErrorCode.enhanceYourCalm);
}
