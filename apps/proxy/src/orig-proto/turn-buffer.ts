import { scheduleFlush, type Flushable } from '../http2/flush-queue.ts';

export interface TurnSink {
  /** One write for all. */
  writeAll(bytes: Buffer): void;
}

/**
 * What a turn of the event loop has for one HTTP/1 socket: a head and the body's pieces leave in one write. Pieces are kept
 * by reference until then; how many there can be is bounded by the flow control of whoever fills it.
 */
export class TurnBuffer implements Flushable {
  readonly #sink: TurnSink;
  #parts: Buffer[] = [];
  #isScheduled = false;

  constructor(sink: TurnSink) {
    this.#sink = sink;
  }

  /** Leaves at the end of the turn, or with {@link flushNow}. */
  add(bytes: Buffer): void {
    this.#parts.push(bytes);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    scheduleFlush(this);
  }

  /** The last piece of a message: everything leaves now. */
  addLast(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#write();
  }

  flushNow(): void {
    this.#isScheduled = false;
    this.#write();
  }

  /** Forgets what has not left. */
  clear(): void {
    this.#parts = [];
  }

  #write(): void {
    const parts = this.#parts;
    if (parts.length === 0) return;
    this.#parts = [];
    const [only] = parts;
    this.#sink.writeAll(parts.length === 1 && only !== undefined ? only : Buffer.concat(parts));
  }
}
