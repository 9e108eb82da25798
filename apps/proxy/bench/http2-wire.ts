/** The few frames that the HTTP/2 load generator and origin speak: far cheaper than what they measure. */
import { PREFACE, FrameType, Flag, FRAME_HEADER_BYTES } from '../src/http2/frame.ts';

export { FRAME_HEADER_BYTES, Flag, FrameType, PREFACE };

/** A whole frame. @param streamId 0 for the connection's own. */
export function frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(streamId, 5);
  payload.copy(bytes, FRAME_HEADER_BYTES);
  return bytes;
}

const EMPTY = Buffer.alloc(0);
export const SETTINGS = frame(FrameType.settings, 0, 0, EMPTY);
export const SETTINGS_ACK = frame(FrameType.settings, Flag.ack, 0, EMPTY);

/** Opens the connection's window so far that a benchmark never has to again. */
export const WIDE_WINDOW = frame(FrameType.windowUpdate, 0, 0, Buffer.from('3fff0000', 'hex'));

type OnFrame = (type: number, flags: number, id: number, buffer: Buffer, start: number) => void;

/** Hands on the frames of `chunk` and gives back the bytes of a frame that is cut. */
export function readFrames(chunk: Buffer, onFrame: OnFrame): Buffer {
  let at = 0;
  while (chunk.length - at >= FRAME_HEADER_BYTES) {
    const length =
      ((chunk[at] as number) << 16) | ((chunk[at + 1] as number) << 8) | (chunk[at + 2] as number);
    const end = at + FRAME_HEADER_BYTES + length;
    if (end > chunk.length) break;
    const id = chunk.readUInt32BE(at + 5) & 0x7fffffff;
    onFrame(chunk[at + 3] as number, chunk[at + 4] as number, id, chunk, at + FRAME_HEADER_BYTES);
    at = end;
  }
  return chunk.subarray(at);
}
