import type { Socket } from 'node:net';
import {
  FRAME_HEADER_BYTES,
  Flag,
  FrameType,
  MAX_FRAME_BYTES,
  PREFACE,
  writeFrameHeader,
  writeUint32,
} from './frame.ts';
import { HpackEncoder } from './hpack/encoder.ts';
import type { HeaderField } from './hpack/header-field.ts';
import { OutputBuffer } from './output-buffer.ts';

/** Where a frame's flags stand in its header. */
const FLAGS_AT = 4;

/** Writes the frames of one connection into what its next flush sends. */
export class FrameWriter {
  readonly encoder = new HpackEncoder();
  readonly #output = new OutputBuffer();
  readonly #onWritten: () => void;
  /** Flags of the last DATA frame, while it is the last of this turn and can still be made its stream's end. */
  #lastDataFlags: Buffer | null = null;
  #lastDataFlagsAt = 0;
  #lastDataStreamId = 0;

  /** @param onWritten there is something to flush. */
  constructor(onWritten: () => void) {
    this.#onWritten = onWritten;
  }

  /** Bytes since the last flush. */
  get pendingBytes(): number {
    return this.#output.pendingBytes;
  }

  /** Hands everything to the socket. @returns false when the socket wants us to wait for `drain`. */
  flush(socket: Socket): boolean {
    this.#lastDataFlags = null;
    return this.#output.flush(socket);
  }

  preface(): void {
    this.#output.append(PREFACE);
  }

  head(streamId: number, fields: readonly HeaderField[], endStream: boolean): void {
    const room = HpackEncoder.maxBytes(fields);
    const block = this.#output.reserve(room + FRAME_HEADER_BYTES);
    const start = this.#output.at + FRAME_HEADER_BYTES;
    const length = this.encoder.encode(fields, block, start) - start;
    if (length <= MAX_FRAME_BYTES) {
      const flags = Flag.endHeaders | (endStream ? Flag.endStream : 0);
      writeFrameHeader(block, this.#output.at, length, FrameType.headers, flags, streamId);
      this.#output.commit(FRAME_HEADER_BYTES + length);
      this.#onWritten();
      return;
    }
    this.#longHead(Buffer.from(block.subarray(start, start + length)), streamId, endStream);
  }

  #longHead(fields: Buffer, streamId: number, endStream: boolean): void {
    for (let at = 0; at < fields.length; at += MAX_FRAME_BYTES) {
      const end = Math.min(at + MAX_FRAME_BYTES, fields.length);
      const flags =
        (end === fields.length ? Flag.endHeaders : 0) |
        (at === 0 && endStream ? Flag.endStream : 0);
      const type = at === 0 ? FrameType.headers : FrameType.continuation;
      this.frame(type, flags, streamId, fields.subarray(at, end));
    }
  }

  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    const block = this.#output.reserve(FRAME_HEADER_BYTES);
    writeFrameHeader(block, this.#output.at, payload.length, type, flags, streamId);
    this.#output.commit(FRAME_HEADER_BYTES);
    if (payload.length > 0) this.#output.append(payload);
    this.#onWritten();
  }

  /** DATA that {@link endLastData} may still make the stream's last, until the next flush. */
  data(streamId: number, chunk: Buffer): void {
    this.#lastDataFlags = this.#output.reserve(FRAME_HEADER_BYTES);
    this.#lastDataFlagsAt = this.#output.at + FLAGS_AT;
    this.#lastDataStreamId = streamId;
    this.frame(FrameType.data, 0, streamId, chunk);
  }

  /** Sets END_STREAM in the stream's last frame. @returns false where that has left, or others came behind it. */
  endLastData(streamId: number): boolean {
    if (this.#lastDataFlags === null || this.#lastDataStreamId !== streamId) return false;
    this.#lastDataFlags[this.#lastDataFlagsAt] = Flag.endStream;
    this.#lastDataFlags = null;
    return true;
  }

  /** A frame whose payload is one number: WINDOW_UPDATE, RST_STREAM. */
  number(type: number, streamId: number, value: number): void {
    const block = this.#output.reserve(FRAME_HEADER_BYTES + 4);
    writeFrameHeader(block, this.#output.at, 4, type, 0, streamId);
    writeUint32(block, this.#output.at + FRAME_HEADER_BYTES, value);
    this.#output.commit(FRAME_HEADER_BYTES + 4);
    this.#onWritten();
  }

  goaway(lastStreamId: number, code: number, message: string): void {
    const payload = Buffer.alloc(8 + message.length);
    writeUint32(payload, 0, lastStreamId);
    writeUint32(payload, 4, code);
    payload.write(message, 8, 'latin1');
    this.frame(FrameType.goaway, 0, 0, payload);
  }
}
