import { ConnectionFault, ErrorCode } from './error-code.ts';
import { FRAME_HEADER_BYTES, MAX_FRAME_BYTES, readUint31 } from './frame.ts';

/** Takes one whole frame. The payload is `buffer[start, end)` and valid during the call; a slice of it may be kept. */
export interface FrameHandler {
  frame(
    type: number,
    flags: number,
    streamId: number,
    buffer: Buffer,
    start: number,
    end: number,
  ): void;
}

/**
 * Cuts what a socket gives into frames. A frame that lies within one read is handed on where it lies; one that is cut
 * is put together in a buffer of its own size (at most 16 KiB a connection).
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #payload: Buffer | null = null;
  #payloadBytes = 0;
  #stopped = false;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** A frame has begun and not ended. */
  get isPartial(): boolean {
    return this.#headerBytes > 0;
  }

  /** Nothing more is handed on, not even from the read under way. */
  stop(): void {
    this.#stopped = true;
  }

  /** @throws ConnectionFault for an oversized frame, and what the handler throws. */
  read(chunk: Buffer): void {
    let at = this.#headerBytes === 0 ? 0 : this.#finishPartial(chunk);
    while (!this.#stopped && chunk.length - at >= FRAME_HEADER_BYTES) {
      const length = payloadLength(chunk, at);
      const end = at + FRAME_HEADER_BYTES + length;
      if (end > chunk.length) break;
      const start = at + FRAME_HEADER_BYTES;
      this.#handler.frame(
        chunk[at + 3] as number,
        chunk[at + 4] as number,
        readUint31(chunk, at + 5),
        chunk,
        start,
        end,
      );
      at = end;
    }
    if (!this.#stopped && at < chunk.length) this.#keep(chunk, at);
  }

  /** @returns where in `chunk` the frame under way ends. */
  #finishPartial(chunk: Buffer): number {
    const at = this.#keep(chunk, 0);
    const payload = this.#payload;
    if (payload === null || this.#payloadBytes < payload.length) return at;
    const header = this.#header;
    this.#headerBytes = 0;
    this.#payload = null;
    const streamId = readUint31(header, 5);
    this.#handler.frame(
      header[3] as number,
      header[4] as number,
      streamId,
      payload,
      0,
      payload.length,
    );
    return at;
  }

  /** Copies as much of one frame as there is. @returns where it stopped. */
  #keep(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#headerBytes < FRAME_HEADER_BYTES) {
      const copied = chunk.copy(
        this.#header,
        this.#headerBytes,
        at,
        at + FRAME_HEADER_BYTES - this.#headerBytes,
      );
      this.#headerBytes += copied;
      at += copied;
      if (this.#headerBytes < FRAME_HEADER_BYTES) return at;
      this.#payload = Buffer.allocUnsafeSlow(payloadLength(this.#header, 0));
      this.#payloadBytes = 0;
    }
    const payload = this.#payload as Buffer;
    const copied = chunk.copy(
      payload,
      this.#payloadBytes,
      at,
      at + payload.length - this.#payloadBytes,
    );
    this.#payloadBytes += copied;
    return at + copied;
  }
}

function payloadLength(buffer: Buffer, at: number): number {
  const length =
    ((buffer[at] as number) << 16) | ((buffer[at + 1] as number) << 8) | (buffer[at + 2] as number);
  if (length > MAX_FRAME_BYTES) {
    throw new ConnectionFault(
      ErrorCode.frameSizeError,
      `a frame of ${length} bytes is over ${MAX_FRAME_BYTES}`,
    );
  }
  return length;
}
