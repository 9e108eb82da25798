/**
 * A TCP socket with a shorter way for the bytes that make up nearly all traffic: reads land in one buffer that all sockets
 * share, writes go to the handle without passing the stream's queue. Everything else is Node's socket, and code that knows
 * nothing of the short ways (detection, TLS, splices) uses it as one.
 *
 * Measured on HTTP/1, one hop: see bench/README.md.
 */
import { Socket } from 'node:net';
import type { SocketConstructorOpts } from 'node:net';

/** What libuv reads at most at once; larger would only cost memory. */
const READ_BYTES = 64 * 1024;
/** Each read is copied out before the next one, so that one buffer is enough for all sockets. */
const shared = Buffer.allocUnsafeSlow(READ_BYTES);
/** What lent chunks are copied to. Bulk in buffers of its own kept the collector busy for a quarter of the time. */
let spare: Buffer | null = null;
/** The encoding by which streams tell their sockets that a chunk is bytes; missing in the types. */
const BYTES = 'buffer' as BufferEncoding;

/** The part of a socket that TypeScript does not know: the operating system's handle. */
interface WithHandle {
  _handle: { readonly writeQueueSize?: number } | null;
}

export class LeanSocket extends Socket {
  #reader: ((chunk: Buffer) => void) | null = null;
  #borrower: ((chunk: Buffer) => boolean) | null = null;
  /** Direct writes that the kernel has not taken yet. */
  #unsent = 0;
  #wasBlocked = false;

  constructor(options: SocketConstructorOpts) {
    super({
      ...options,
      onread: {
        buffer: shared,
        callback: (count) => this.#onRead(count),
      },
    });
  }

  /**
   * Takes an accepted socket's connection over; `accepted` is gone afterwards. Half-open and paused.
   * Node offers `onread` to clients only, hence the handle.
   */
  static adopt(accepted: Socket): LeanSocket {
    const inner = accepted as unknown as WithHandle;
    const handle = inner._handle;
    inner._handle = null;
    const options: unknown = { handle, allowHalfOpen: true, pauseOnCreate: true };
    const socket = new LeanSocket(options as SocketConstructorOpts);
    accepted.destroy();
    return socket;
  }

  /** From now on each chunk read goes to `reader` in place of 'data'. The chunk is the reader's to keep. */
  readWith(reader: ((chunk: Buffer) => void) | null): void {
    this.#reader = reader;
  }

  /**
   * From now on each chunk read is lent to `borrower` in place of 'data': it is the borrower's only until it gives true;
   * with false it is the borrower's to keep.
   */
  lendTo(borrower: (chunk: Buffer) => boolean): void {
    this.#borrower = borrower;
  }

  /** True while the kernel or the stream's queue has not taken all that was written; 'drain' follows. */
  get isBlocked(): boolean {
    return this.#unsent > 0 || this.writableLength > 0;
  }

  /** Writes at once. False when the kernel did not take all of it: 'drain' follows. `bytes` must stay as they are. */
  send(bytes: Buffer): boolean {
    // What the stream has queued goes first.
    if (this.writableLength > 0 || !this.writable) return this.write(bytes);
    this.#unsent += 1;
    this._write(bytes, BYTES, this.#onSent);
    if (this.#unsent === 0) return true;
    this.#wasBlocked = true;
    return false;
  }

  /** Called before `_write` returns when the kernel took everything. */
  readonly #onSent = (error?: Error | null): void => {
    this.#unsent -= 1;
    if (error) this.destroy(error);
    else if (this.#unsent === 0 && this.#wasBlocked) {
      this.#wasBlocked = false;
      this.emit('drain');
    }
  };

  #onRead(count: number): boolean {
    if (this.#borrower !== null) {
      this.#lend(count, this.#borrower);
      return true;
    }
    const chunk = Buffer.allocUnsafe(count);
    shared.copy(chunk, 0, 0, count);
    const reader = this.#reader;
    if (reader === null) return this.push(chunk);
    reader(chunk);
    return true;
  }

  #lend(count: number, borrower: (chunk: Buffer) => boolean): void {
    const block = spare ?? Buffer.allocUnsafeSlow(READ_BYTES);
    spare = null;
    shared.copy(block, 0, 0, count);
    if (borrower(block.subarray(0, count))) spare = block;
  }
}

/** Each chunk read from now on goes to `reader`, the shortest way the socket has. */
export function readWith(socket: Socket, reader: (chunk: Buffer) => void): void {
  if (socket instanceof LeanSocket) socket.readWith(reader);
  else socket.on('data', reader);
}

/** Takes {@link readWith} back. */
export function stopReadingWith(socket: Socket, reader: (chunk: Buffer) => void): void {
  if (socket instanceof LeanSocket) socket.readWith(null);
  else socket.off('data', reader);
}

/** Writes, the shortest way the socket has. False when the writer should wait for 'drain'. */
export function send(socket: Socket, bytes: Buffer): boolean {
  return socket instanceof LeanSocket ? socket.send(bytes) : socket.write(bytes);
}

/** True while 'drain' has to be waited for. */
export function isBlocked(socket: Socket): boolean {
  return socket instanceof LeanSocket ? socket.isBlocked : socket.writableNeedDrain;
}

/** Bytes written that the kernel has not taken, as far as the socket tells. */
export function unsentBytes(socket: Socket): number {
  return (socket as unknown as WithHandle)._handle?.writeQueueSize ?? 0;
}
