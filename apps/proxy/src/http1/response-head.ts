/** The response head, as strict as the request's: a malformed one becomes 502. */
import type { KeptFields, ResponseHead } from '../stack/http-service.ts';
import { connectionOptions } from './connection-options.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { FAULTS } from './fault.ts';
import type { Fault } from './fault.ts';
import { FAULTY, FieldTable, INCOMPLETE, VALUE } from './field-table.ts';
import { contentLengthOf, encodingFault } from './framing-fields.ts';

const SP = 32;
const CR = 13;
const LF = 10;
const HTTP_1 = Buffer.from('HTTP/1.');
/** `HTTP/1.1 200`. */
const STATUS_END = 12;

/** Where a response's body ends. */
export type BodyKind = 'none' | 'length' | 'chunked' | 'eof';

export class Http1ResponseHead implements ResponseHead {
  readonly table: FieldTable;
  start = 0;
  end = 0;
  status = 0;
  isHttp10 = false;
  /** -1 when absent. */
  contentLength = -1;
  isChunked = false;
  connection: ConnectionOptions = connectionOptions(new FieldTable(1));
  fault: Fault = FAULTS.statusLine;
  readonly #maxHeadBytes: number;

  constructor(maxHeadBytes: number, maxFields: number) {
    this.#maxHeadBytes = maxHeadBytes;
    this.table = new FieldTable(maxFields);
  }

  /** Reads one head from `start`. Gives the offset after it, `INCOMPLETE`, or `FAULTY` with `fault` set. */
  scan(buffer: Buffer, start: number, end: number): number {
    this.start = start;
    const lineEnd = this.#scanStatusLine(buffer, start, end);
    if (lineEnd === FAULTY) return FAULTY;
    const headEnd = lineEnd === INCOMPLETE ? INCOMPLETE : this.table.scan(buffer, lineEnd, end);
    if (headEnd === FAULTY) return this.#fail(this.table.fault);
    const length = (headEnd === INCOMPLETE ? end : headEnd) - start;
    if (length > this.#maxHeadBytes) return this.#fail(FAULTS.headTooLarge);
    if (headEnd === INCOMPLETE) return INCOMPLETE;
    this.end = headEnd;
    return this.#check() ? headEnd : FAULTY;
  }

  /** How the body of this answer to `method` is delimited (RFC 9112 6.3). */
  bodyKind(method: string): BodyKind {
    const { status } = this;
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none';
    if (this.isChunked) return 'chunked';
    return this.contentLength === -1 ? 'eof' : 'length';
  }

  /** True when the server keeps the connection after this answer. */
  get keepsConnection(): boolean {
    if (this.connection.close) return false;
    return !this.isHttp10 || this.connection.keepAlive;
  }

  header(name: string): string | undefined {
    return this.table.first(name);
  }

  fields(): (readonly [string, string])[] {
    return [[':status', String(this.status)], ...this.table.list()];
  }

  keepFields(): KeptFields {
    const { status } = this;
    const kept = this.table.keep();
    return () => [[':status', String(status)], ...kept()];
  }

  #fail(fault: Fault): typeof FAULTY {
    this.fault = fault;
    return FAULTY;
  }

  #scanStatusLine(buffer: Buffer, start: number, end: number): number {
    for (let i = 0; i < HTTP_1.length; i += 1) {
      if (start + i >= end) return INCOMPLETE;
      if (buffer[start + i] !== HTTP_1[i]) return this.#fail(FAULTS.statusLine);
    }
    if (start + STATUS_END >= end) return INCOMPLETE;
    const minor = buffer[start + 7]!;
    if ((minor !== 48 && minor !== 49) || buffer[start + 8] !== SP) {
      return this.#fail(FAULTS.statusLine);
    }
    this.isHttp10 = minor === 48;
    this.status = 0;
    for (let i = 9; i < STATUS_END; i += 1) {
      const digit = buffer[start + i]! - 48;
      if (digit < 0 || digit > 9) return this.#fail(FAULTS.statusLine);
      this.status = this.status * 10 + digit;
    }
    if (this.status < 100) return this.#fail(FAULTS.statusLine);
    return this.#scanReason(buffer, start + STATUS_END, end);
  }

  #scanReason(buffer: Buffer, start: number, end: number): number {
    let pos = start;
    // The space before an absent reason is missing in many servers' answers; that much is harmless.
    if (buffer[pos] !== SP && buffer[pos] !== CR) return this.#fail(FAULTS.statusLine);
    while (pos < end && VALUE[buffer[pos]!] !== 0) pos += 1;
    if (pos + 1 >= end) return INCOMPLETE;
    if (buffer[pos] !== CR || buffer[pos + 1] !== LF) return this.#fail(FAULTS.statusLine);
    return pos + 2;
  }

  #check(): boolean {
    const { table: fields } = this;
    const fault = encodingFault(fields, this.isHttp10);
    const length = contentLengthOf(fields);
    this.isChunked = fields.transferEncoding !== -1;
    this.connection = connectionOptions(fields);
    if (fault === null && length !== null) {
      this.contentLength = length;
      return true;
    }
    this.fault = fault ?? FAULTS.contentLength;
    return false;
  }
}
