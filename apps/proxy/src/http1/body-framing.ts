/** Where the body of the message under way ends, whatever says so. One per direction of a connection, reused. */
import { ChunkedScanner } from './chunked-scanner.ts';
import { FAULTY } from './field-table.ts';
import type { Fault } from './fault.ts';
import type { BodyKind } from './response-head.ts';

export class BodyFraming {
  /** True when the last byte of the body has been seen. */
  done = true;
  kind: BodyKind = 'none';
  readonly chunked: ChunkedScanner;
  #remaining = 0;

  constructor(maxTrailerBytes: number, maxFields: number) {
    this.chunked = new ChunkedScanner(maxTrailerBytes, maxFields);
  }

  /** @param length bytes of the body, for 'length'. */
  begin(kind: BodyKind, length: number): void {
    this.kind = kind;
    this.#remaining = length;
    this.done = kind === 'none' || (kind === 'length' && length === 0);
    if (kind === 'chunked') this.chunked.reset();
  }

  /** Takes the body's bytes from `start`. Gives the offset after them, or `FAULTY` (see {@link fault}). */
  advance(buffer: Buffer, start: number, end: number): number {
    switch (this.kind) {
      case 'eof':
        return end;
      case 'length': {
        const take = Math.min(this.#remaining, end - start);
        this.#remaining -= take;
        this.done = this.#remaining === 0;
        return start + take;
      }
      case 'chunked': {
        const next = this.chunked.done ? start : this.chunked.scan(buffer, start, end);
        this.done = next !== FAULTY && this.chunked.done;
        return next;
      }
      default:
        return start;
    }
  }

  /** The connection ended. True when that ends this body properly. */
  endOfStream(): boolean {
    if (this.kind === 'eof') this.done = true;
    return this.done;
  }

  get fault(): Fault {
    return this.chunked.fault;
  }
}
