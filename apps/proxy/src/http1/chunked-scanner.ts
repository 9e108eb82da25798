/**
 * Finds the end of a chunked body as its bytes pass, checking every framing byte (RFC 9112 7.1). The bytes themselves are
 * forwarded as they are. State diagram: size → (extension) → data → … → last size → trailers → done.
 */
import { FAULTS } from './fault.ts';
import type { Fault } from './fault.ts';
import { FAULTY, FieldTable, INCOMPLETE, VALUE } from './field-table.ts';

const CR = 13;
const LF = 10;
const SEMICOLON = 59;
/** Twelve hex digits stay below Number.MAX_SAFE_INTEGER. */
const MAX_SIZE_DIGITS = 12;
/** Of one body in all: extensions mean nothing to anybody, and CVE-2024-22019 was a body made of them. */
const MAX_EXTENSION_BYTES = 4096;
const FORBIDDEN_TRAILERS = new Set(['content-length', 'transfer-encoding', 'host', 'connection']);

type State = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'done';

export class ChunkedScanner {
  fault: Fault = FAULTS.chunkSize;
  /** Names in lower case; filled when the body is done. */
  trailers: readonly (readonly [string, string])[] = [];
  /** When set, receives `start, end` of each run of chunk data in the buffers scanned, for a receiver without chunks. */
  ranges: number[] | null = null;
  #state: State = 'size';
  #remaining = 0;
  #digits = 0;
  #extensionBytes = 0;
  #trailerBytes: Buffer | null = null;
  readonly #maxTrailerBytes: number;
  readonly #maxFields: number;

  constructor(maxTrailerBytes: number, maxFields: number) {
    this.#maxTrailerBytes = maxTrailerBytes;
    this.#maxFields = maxFields;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  reset(): void {
    this.#state = 'size';
    this.#remaining = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.#trailerBytes = null;
    this.trailers = [];
    this.ranges = null;
  }

  /** Reads on from `start`. Gives the offset after the last byte that belongs to the body, or `FAULTY`. */
  scan(buffer: Buffer, start: number, end: number): number {
    let pos = start;
    while (pos < end) {
      if (this.#state === 'data') {
        pos = this.#skipData(pos, end);
        continue;
      }
      if (this.#state === 'trailer') return this.#scanTrailer(buffer, pos, end);
      const fault = this.#step(buffer[pos]!);
      if (fault !== null) {
        this.fault = fault;
        return FAULTY;
      }
      pos += 1;
    }
    return pos;
  }

  #skipData(pos: number, end: number): number {
    const take = Math.min(this.#remaining, end - pos);
    this.ranges?.push(pos, pos + take);
    this.#remaining -= take;
    if (this.#remaining === 0) this.#state = 'data-cr';
    return pos + take;
  }

  #step(byte: number): Fault | null {
    switch (this.#state) {
      case 'size':
        return this.#sizeByte(byte);
      case 'extension':
        if (byte === CR) this.#state = 'size-lf';
        else if (VALUE[byte] === 0) return FAULTS.chunkSize;
        else if ((this.#extensionBytes += 1) > MAX_EXTENSION_BYTES) return FAULTS.chunkExtension;
        return null;
      case 'size-lf':
        if (byte !== LF) return FAULTS.chunkSize;
        this.#state = this.#remaining === 0 ? 'trailer' : 'data';
        this.#digits = 0;
        return null;
      case 'data-cr':
        this.#state = 'data-lf';
        return byte === CR ? null : FAULTS.chunkEnd;
      case 'data-lf':
        this.#state = 'size';
        return byte === LF ? null : FAULTS.chunkEnd;
      default:
        return FAULTS.chunkEnd;
    }
  }

  #sizeByte(byte: number): Fault | null {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#digits += 1;
      this.#remaining = this.#remaining * 16 + digit;
      return this.#digits > MAX_SIZE_DIGITS ? FAULTS.chunkSize : null;
    }
    if (this.#digits === 0) return FAULTS.chunkSize;
    if (byte === CR) this.#state = 'size-lf';
    else if (byte === SEMICOLON) this.#state = 'extension';
    else return FAULTS.chunkSize;
    return null;
  }

  #scanTrailer(buffer: Buffer, start: number, end: number): number {
    // Nearly every body ends without trailers.
    if (this.#trailerBytes === null && buffer[start] === CR && buffer[start + 1] === LF) {
      this.#state = 'done';
      return start + 2;
    }
    const before = this.#trailerBytes ?? Buffer.alloc(0);
    const fresh = buffer.subarray(start, end);
    const all = before.length === 0 ? fresh : Buffer.concat([before, fresh]);
    const fields = new FieldTable(this.#maxFields);
    // Never past the limit, so that where the bytes were cut does not decide which fault is told.
    const trailerEnd = fields.scan(all, 0, Math.min(all.length, this.#maxTrailerBytes));
    if (trailerEnd === FAULTY) {
      this.fault = fields.fault;
      return FAULTY;
    }
    if (trailerEnd === INCOMPLETE) {
      if (all.length >= this.#maxTrailerBytes) {
        this.fault = FAULTS.headTooLarge;
        return FAULTY;
      }
      this.#trailerBytes = Buffer.from(all);
      return end;
    }
    this.#state = 'done';
    this.trailers = fields.list();
    if (this.trailers.some(([name]) => FORBIDDEN_TRAILERS.has(name))) {
      this.fault = FAULTS.trailer;
      return FAULTY;
    }
    return start + trailerEnd - before.length;
  }
}

/** 0-15, or -1. */
function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
