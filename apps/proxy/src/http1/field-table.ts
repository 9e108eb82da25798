/**
 * Header fields of one message, scanned in place: offsets into the read buffer, no strings. One table lives as long as
 * its connection and is filled anew for each head.
 */
import { FAULTS } from './fault.ts';
import type { Fault } from './fault.ts';

/** The head goes on in bytes not read yet. */
export const INCOMPLETE = -1;
/** The head is malformed; `fault` says how. */
export const FAULTY = -2;

const HTAB = 9;
const LF = 10;
const CR = 13;
const SP = 32;
const COLON = 58;

/** Lower-case form of each token character (RFC 9110 5.6.2), 0 for every other byte. */
export const TOKEN = new Uint8Array(256);
/** 1 for each byte a field value may hold: HTAB, SP, visible ASCII and obs-text. */
export const VALUE = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
  TOKEN[char.charCodeAt(0)] = char.charCodeAt(0);
  TOKEN[char.toUpperCase().charCodeAt(0)] = char.charCodeAt(0);
}
for (let byte = SP; byte < 256; byte += 1) VALUE[byte] = byte === 127 ? 0 : 1;
VALUE[HTAB] = 1;

const HOST = Buffer.from('host');
const UPGRADE = Buffer.from('upgrade');
const CONNECTION = Buffer.from('connection');
const KEEP_ALIVE = Buffer.from('keep-alive');
const CONTENT_LENGTH = Buffer.from('content-length');
const HTTP2_SETTINGS = Buffer.from('http2-settings');
const PROXY_CONNECTION = Buffer.from('proxy-connection');
const TRANSFER_ENCODING = Buffer.from('transfer-encoding');

/** Room for the fields of nearly every message; idle connections are many and keep it. */
const FIRST_FIELDS = 24;
/** Per field: name start, name end, value start, value end. */
const STRIDE = 4;

/** True when the bytes at `start` are `lower` in any letter case. The lengths must have been compared. */
export function matches(buffer: Buffer, start: number, lower: Uint8Array): boolean {
  for (let i = 0; i < lower.length; i += 1) {
    if (TOKEN[buffer[start + i]!] !== lower[i]) return false;
  }
  return true;
}

function listed(buffer: Buffer, offsets: Int32Array, count: number): (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [];
  for (let at = 0; at < count * STRIDE; at += STRIDE) {
    const name = buffer.toString('latin1', offsets[at], offsets[at + 1]).toLowerCase();
    fields.push([name, buffer.toString('latin1', offsets[at + 2], offsets[at + 3])]);
  }
  return fields;
}

export class FieldTable {
  buffer: Buffer = Buffer.alloc(0);
  count = 0;
  /** Index of the known fields, -1 when absent; the count where a repetition is a fault. */
  host = -1;
  hostCount = 0;
  contentLength = -1;
  contentLengthCount = 0;
  transferEncoding = -1;
  transferEncodingCount = 0;
  upgrade = -1;
  connectionCount = 0;
  /** How many fields are hop-by-hop by their own name: none means the head may be forwarded as it stands. */
  hopByHopCount = 0;
  /** 1 for each field that must not be forwarded (hop-by-hop by name; the forwarding adds its own). */
  cut: Uint8Array;
  fault: Fault = FAULTS.value;
  /** Where the last scan's field lines end: the offset of the empty line. */
  fieldsEnd = 0;
  #offsets: Int32Array;
  readonly #maxFields: number;

  /** @param maxFields more fields than this are a fault (431). */
  constructor(maxFields: number) {
    this.#maxFields = maxFields;
    const fields = Math.min(FIRST_FIELDS, maxFields);
    this.#offsets = new Int32Array(fields * STRIDE);
    this.cut = new Uint8Array(fields);
  }

  /** Reads field lines from `start` through the empty line. Gives the offset after it, {@link INCOMPLETE} or {@link FAULTY}. */
  scan(buffer: Buffer, start: number, end: number): number {
    this.#reset(buffer);
    let pos = start;
    for (;;) {
      if (pos >= end) return INCOMPLETE;
      if (buffer[pos] === CR) return this.#emptyLine(pos, end);
      const nameStart = pos;
      while (pos < end && TOKEN[buffer[pos]!] !== 0) pos += 1;
      if (pos >= end) return INCOMPLETE;
      if (buffer[pos] !== COLON || pos === nameStart) return this.#badName(nameStart, pos);
      const nameEnd = pos;
      pos += 1;
      while (pos < end && (buffer[pos] === SP || buffer[pos] === HTAB)) pos += 1;
      const valueStart = pos;
      while (pos < end && VALUE[buffer[pos]!] !== 0) pos += 1;
      if (pos >= end) return INCOMPLETE;
      if (buffer[pos] !== CR) {
        return this.fail(buffer[pos] === LF ? FAULTS.bareLf : FAULTS.value);
      }
      if (pos + 1 >= end) return INCOMPLETE;
      if (buffer[pos + 1] !== LF) return this.fail(FAULTS.bareCr);
      if (this.count === this.#maxFields) return this.fail(FAULTS.tooManyFields);
      this.#add(nameStart, nameEnd, valueStart, pos);
      pos += 2;
    }
  }

  fail(fault: Fault): typeof FAULTY {
    this.fault = fault;
    return FAULTY;
  }

  /** Start of the field's line. */
  lineStart(index: number): number {
    return this.#offsets[index * STRIDE]!;
  }
  /** End of the field's line, its CRLF included. */
  lineEnd(index: number): number {
    return index + 1 < this.count ? this.lineStart(index + 1) : this.fieldsEnd;
  }
  nameEnd(index: number): number {
    return this.#offsets[index * STRIDE + 1]!;
  }
  valueStart(index: number): number {
    return this.#offsets[index * STRIDE + 2]!;
  }
  valueEnd(index: number): number {
    return this.#offsets[index * STRIDE + 3]!;
  }
  name(index: number): string {
    return this.buffer.toString('latin1', this.lineStart(index), this.nameEnd(index)).toLowerCase();
  }
  value(index: number): string {
    return this.buffer.toString('latin1', this.valueStart(index), this.valueEnd(index));
  }

  /** True when the field's name is `lower`, whatever its letter case. */
  isNamed(index: number, lower: Uint8Array): boolean {
    const start = this.lineStart(index);
    return this.nameEnd(index) - start === lower.length && matches(this.buffer, start, lower);
  }

  /** Value of the first field of that (lower-case) name. */
  first(name: string): string | undefined {
    for (let i = 0; i < this.count; i += 1) {
      const start = this.lineStart(i);
      if (this.nameEnd(i) - start === name.length && this.#equals(start, name)) {
        return this.value(i);
      }
    }
    return undefined;
  }

  /** All fields in order, names in lower case. */
  list(): (readonly [string, string])[] {
    return listed(this.buffer, this.#offsets, this.count);
  }

  /** As {@link list}, for when the table holds another head: the bytes stay as they were read. */
  keep(): () => (readonly [string, string])[] {
    const { buffer, count } = this;
    const offsets = this.#offsets.slice(0, count * STRIDE);
    return () => listed(buffer, offsets, count);
  }

  #equals(start: number, name: string): boolean {
    for (let i = 0; i < name.length; i += 1) {
      if (TOKEN[this.buffer[start + i]!] !== name.charCodeAt(i)) return false;
    }
    return true;
  }

  #reset(buffer: Buffer): void {
    this.buffer = buffer;
    this.count = 0;
    this.host = -1;
    this.hostCount = 0;
    this.contentLength = -1;
    this.contentLengthCount = 0;
    this.transferEncoding = -1;
    this.transferEncodingCount = 0;
    this.upgrade = -1;
    this.connectionCount = 0;
    this.hopByHopCount = 0;
  }

  #emptyLine(pos: number, end: number): number {
    if (pos + 1 >= end) return INCOMPLETE;
    if (this.buffer[pos + 1] !== LF) return this.fail(FAULTS.bareCr);
    this.fieldsEnd = pos;
    return pos + 2;
  }

  #badName(nameStart: number, pos: number): typeof FAULTY {
    const byte = this.buffer[pos];
    if (byte === COLON) return this.fail(FAULTS.emptyName);
    if (byte === LF) return this.fail(FAULTS.bareLf);
    const isSpace = byte === SP || byte === HTAB;
    if (isSpace) {
      return this.fail(pos === nameStart ? FAULTS.obsFold : FAULTS.spaceBeforeColon);
    }
    return this.fail(FAULTS.name);
  }

  #add(nameStart: number, nameEnd: number, valueStart: number, lineEnd: number): void {
    let valueEnd = lineEnd;
    while (valueEnd > valueStart) {
      const byte = this.buffer[valueEnd - 1];
      if (byte !== SP && byte !== HTAB) break;
      valueEnd -= 1;
    }
    const index = this.count;
    if (index === this.cut.length) this.#grow();
    const at = index * STRIDE;
    this.#offsets[at] = nameStart;
    this.#offsets[at + 1] = nameEnd;
    this.#offsets[at + 2] = valueStart;
    this.#offsets[at + 3] = valueEnd;
    this.cut[index] = 0;
    this.count = index + 1;
    this.#note(index, nameStart, nameEnd - nameStart);
  }

  /** Remembers the fields that framing and forwarding ask for. */
  #note(index: number, start: number, length: number): void {
    const { buffer } = this;
    switch (length) {
      case 4:
        if (!matches(buffer, start, HOST)) return;
        this.host = index;
        this.hostCount += 1;
        return;
      case 7:
        if (!matches(buffer, start, UPGRADE)) return;
        this.upgrade = index;
        this.#hopByHop(index);
        return;
      case 10:
        if (matches(buffer, start, CONNECTION)) {
          this.connectionCount += 1;
          this.#hopByHop(index);
        } else if (matches(buffer, start, KEEP_ALIVE)) this.#hopByHop(index);
        return;
      case 14:
        if (matches(buffer, start, CONTENT_LENGTH)) {
          this.contentLength = index;
          this.contentLengthCount += 1;
        } else if (matches(buffer, start, HTTP2_SETTINGS)) this.#hopByHop(index);
        return;
      case 16:
        if (matches(buffer, start, PROXY_CONNECTION)) this.#hopByHop(index);
        return;
      case 17:
        if (!matches(buffer, start, TRANSFER_ENCODING)) return;
        this.transferEncoding = index;
        this.transferEncodingCount += 1;
        return;
      default:
    }
  }

  #grow(): void {
    const fields = Math.min(this.cut.length * 2, this.#maxFields);
    const offsets = new Int32Array(fields * STRIDE);
    offsets.set(this.#offsets);
    const cut = new Uint8Array(fields);
    cut.set(this.cut);
    this.#offsets = offsets;
    this.cut = cut;
  }

  #hopByHop(index: number): void {
    this.cut[index] = 1;
    this.hopByHopCount += 1;
  }
}
