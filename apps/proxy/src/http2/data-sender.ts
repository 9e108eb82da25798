import { Reward, type FloodGuard } from './flood-guard.ts';
import { DEFAULT_WINDOW, SendWindow } from './flow-window.ts';
import { Flag, FrameType, MAX_FRAME_BYTES } from './frame.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { Http2Stream } from './stream.ts';

/** Body bytes handed to the socket per turn; more would only wait in it. */
const MAX_FLUSH_BYTES = 256 * 1024;
const EMPTY = Buffer.alloc(0);

/** The connection, as far as bodies need it. */
export interface DataConnection {
  /** The socket takes nothing now, or is gone. */
  readonly isBlocked: boolean;
  /** Our END_STREAM is written. */
  localEnd(stream: Http2Stream): void;
  /** There is something to send at the end of this turn, or of the next. */
  schedule(): void;
}

/** Decides which stream's DATA is written when: at once where windows allow and nobody waits, else a frame each in turn. */
export class DataSender {
  /** The connection's. */
  readonly window = new SendWindow(DEFAULT_WINDOW);
  readonly #connection: DataConnection;
  readonly #writer: FrameWriter;
  readonly #guard: FloodGuard;
  #ready: Http2Stream[] = [];

  constructor(connection: DataConnection, writer: FrameWriter, guard: FloodGuard) {
    this.#connection = connection;
    this.#writer = writer;
    this.#guard = guard;
  }

  /** The stream has something to send, or windows opened. */
  markReady(stream: Http2Stream): void {
    if (stream.isReady) return;
    stream.isReady = true;
    this.#ready.push(stream);
    this.#connection.schedule();
  }

  /** The connection's window opened, or its socket takes bytes again. */
  wake(): void {
    if (this.#ready.length > 0) this.#connection.schedule();
  }

  /** Writes DATA of all ready streams, a frame each in turn, until windows or the turn's share are used up. */
  pump(): void {
    let moved = true;
    while (moved && this.#ready.length > 0) {
      moved = false;
      const round = this.#ready;
      this.#ready = [];
      for (const stream of round) {
        if (this.#isShareUsed) this.#ready.push(stream);
        else if (this.#sendSome(stream)) moved = true;
      }
    }
    // Stopped by this turn's share alone: go on in the next.
    if (this.#isShareUsed) this.#connection.schedule();
  }

  get #isShareUsed(): boolean {
    return this.#writer.pendingBytes >= MAX_FLUSH_BYTES;
  }

  /** One frame of a stream. @returns whether anything was written. */
  #sendSome(stream: Http2Stream): boolean {
    if (stream.isAborted || stream.localEnded) {
      stream.isReady = false;
      return false;
    }
    const chunk = stream.queue[0];
    if (chunk === undefined) {
      stream.isReady = false;
      if (!stream.endQueued) return false;
      this.#sendEnd(stream);
      return true;
    }
    const windowed = Math.min(stream.sendWindow, MAX_FRAME_BYTES);
    if (windowed <= 0) {
      stream.isReady = false;
      return false;
    }
    const bytes = Math.min(windowed, chunk.length, this.window.available);
    this.#ready.push(stream);
    if (bytes <= 0) return false;
    this.#sendData(stream, chunk, bytes);
    return true;
  }

  #sendData(stream: Http2Stream, chunk: Buffer, bytes: number): void {
    this.#spend(stream, bytes);
    stream.queuedBytes -= bytes;
    if (bytes === chunk.length) stream.queue.shift();
    else stream.queue[0] = chunk.subarray(bytes);
    const isLast = stream.endQueued && stream.queue.length === 0 && stream.trailersQueued === null;
    const payload = bytes === chunk.length ? chunk : chunk.subarray(0, bytes);
    this.#writer.frame(FrameType.data, isLast ? Flag.endStream : 0, stream.id, payload);
    stream.handler.onSent(bytes);
    if (isLast && !stream.isAborted) this.#connection.localEnd(stream);
  }

  #spend(stream: Http2Stream, bytes: number): void {
    stream.sendWindow -= bytes;
    this.window.available -= bytes;
    this.#guard.earn(
      bytes >= 1024 ? Reward.data : bytes >= 64 ? Reward.smallData : Reward.tinyData,
    );
  }

  /** Writes a stream's first waiting bytes without the queue. @returns false where they have to wait, or for their turn. */
  sendAtOnce(stream: Http2Stream, chunk: Buffer): boolean {
    const bytes = chunk.length;
    const room = Math.min(stream.sendWindow, this.window.available, MAX_FRAME_BYTES);
    if (bytes > room || this.#ready.length > 0) return false;
    if (this.#connection.isBlocked || this.#isShareUsed) return false;
    this.#spend(stream, bytes);
    this.#writer.data(stream.id, chunk);
    stream.handler.onSent(bytes);
    return true;
  }

  /** Ends a stream that has nothing waiting: in its last frame where that has not left yet. */
  endAtOnce(stream: Http2Stream): void {
    if (stream.trailersQueued === null && this.#writer.endLastData(stream.id)) {
      this.#connection.localEnd(stream);
    } else this.#sendEnd(stream);
  }

  #sendEnd(stream: Http2Stream): void {
    if (stream.trailersQueued === null) {
      this.#writer.frame(FrameType.data, Flag.endStream, stream.id, EMPTY);
    } else this.#writer.head(stream.id, stream.trailersQueued, true);
    this.#connection.localEnd(stream);
  }
}
