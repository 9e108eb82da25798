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
  #first: Buffer | null = null;
  /** Behind the first; kept and emptied. */
  readonly #more: Buffer[] = [];
  #isScheduled = false;

  constructor(sink: TurnSink) {
    this.#sink = sink;
  }

  /** Leaves at the end of the turn, or with {@link flushNow}. */
  add(bytes: Buffer): void {
    this.#put(bytes);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    scheduleFlush(this);
  }

  /** The last piece of a message: everything leaves now. */
  addLast(bytes: Buffer): void {
    if (this.#first === null) {
      this.#sink.writeAll(bytes);
      return;
    }
    this.#more.push(bytes);
    this.#write();
  }

  flushNow(): void {
    this.#isScheduled = false;
    this.#write();
  }

  /** Forgets what has not left. */
  clear(): void {
    this.#first = null;
    this.#more.length = 0;
  }

  #put(bytes: Buffer): void {
    if (this.#first === null) this.#first = bytes;
    else this.#more.push(bytes);
  }

  #write(): void {
    const first = this.#first;
    if (first === null) return;
    this.#first = null;
    const more = this.#more;
    if (more.length === 0) {
      this.#sink.writeAll(first);
      return;
    }
    const bytes = joined(first, more);
    more.length = 0;
    this.#sink.writeAll(bytes);
  }
}

function joined(first: Buffer, more: readonly Buffer[]): Buffer {
  let { length } = first;
  for (const part of more) length += part.length;
  const out = Buffer.allocUnsafe(length);
  let at = first.copy(out, 0);
  for (const part of more) at += part.copy(out, at);
  return out;
}
