/** Messages in DATA: a byte for compression, four for the length, the message (gRPC over HTTP/2, "Length-Prefixed-Message"). */
import { GrpcCode, GrpcError } from './grpc-error.ts';

const PREFIX_BYTES = 5;

/** @param message is copied. */
export function frameMessage(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, PREFIX_BYTES);
  return framed;
}

/** Finds the messages in chunks cut anywhere. */
export class MessageReader {
  readonly #maxBytes: number;
  readonly #onMessage: (message: Buffer) => void;
  #rest: Buffer = EMPTY;

  /** @param maxBytes of one message. @param onMessage gets bytes that are not kept from changing after its return. */
  constructor(maxBytes: number, onMessage: (message: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#onMessage = onMessage;
  }

  /** A message has begun and not ended. */
  get isMidway(): boolean {
    return this.#rest.length > 0;
  }

  /** @throws GrpcError for a message that is compressed or too large, and whatever `onMessage` throws. */
  read(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      if (bytes.length < PREFIX_BYTES) break;
      const end = PREFIX_BYTES + this.#lengthOf(bytes);
      if (bytes.length < end) break;
      const message = bytes.subarray(PREFIX_BYTES, end);
      bytes = bytes.subarray(end);
      this.#onMessage(message);
    }
    // A copy: the chunk is lent.
    this.#rest = bytes.length === 0 ? EMPTY : Buffer.from(bytes);
  }

  #lengthOf(bytes: Buffer): number {
    if (bytes[0] !== 0) {
      throw new GrpcError(GrpcCode.unimplemented, 'compressed messages were not agreed on');
    }
    const length = bytes.readUInt32BE(1);
    if (length > this.#maxBytes) {
      throw new GrpcError(
        GrpcCode.resourceExhausted,
        `a message of ${length} bytes is larger than ${this.#maxBytes}`,
      );
    }
    return length;
  }
}

const EMPTY = Buffer.alloc(0);
