/** The request head: scanned in place, checked strictly (RFC 9112), read by services through {@link RequestHead}. */
import type { KeptFields, RequestHead } from '../stack/http-service.ts';
import { connectionOptions } from './connection-options.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { FAULTS } from './fault.ts';
import type { Fault } from './fault.ts';
import { FAULTY, FieldTable, INCOMPLETE, TOKEN } from './field-table.ts';
import { contentLengthOf, encodingFault } from './framing-fields.ts';
import { isAuthority, sameAuthority, splitAbsolute } from './request-target.ts';

const SP = 32;
const LF = 10;
const CR = 13;
const DEL = 127;
const SLASH = 47;
const HTTP_1 = Buffer.from('HTTP/1.');
const VERSION_LENGTH = 8;

export class Http1RequestHead implements RequestHead {
  readonly table: FieldTable;
  readonly isGrpc = false;
  /** Offsets in `table.buffer`: the request line's start, and the first byte after the head. */
  start = 0;
  end = 0;
  method = 'GET';
  isHttp10 = false;
  /** The target names scheme and authority. */
  isAbsoluteForm = false;
  /** Length of the body, 0 when there is none, -1 when it is chunked. */
  contentLength = 0;
  connection: ConnectionOptions = connectionOptions(new FieldTable(1));
  /** A real upgrade (not h2c, not on HTTP/1.0): `Connection: upgrade` and `Upgrade` are forwarded. */
  isUpgrade = false;
  fault: Fault = FAULTS.requestLine;
  readonly #maxHeadBytes: number;
  #targetStart = 0;
  #targetEnd = 0;
  #targetText: string | null = null;
  #path: string | null = null;
  #authority: string | null = null;
  #scheme = 'http';

  constructor(maxHeadBytes: number, maxFields: number) {
    this.#maxHeadBytes = maxHeadBytes;
    this.table = new FieldTable(maxFields);
  }

  get version(): 'HTTP/1.0' | 'HTTP/1.1' {
    return this.isHttp10 ? 'HTTP/1.0' : 'HTTP/1.1';
  }

  /** Reads one head from `start`. Gives the offset after it, `INCOMPLETE`, or `FAULTY` with `fault` set. */
  scan(buffer: Buffer, start: number, end: number): number {
    let pos = start;
    // RFC 9112 2.2: an empty line before a request is ignored (some clients end a body with one).
    while (pos + 1 < end && buffer[pos] === CR && buffer[pos + 1] === LF) pos += 2;
    this.start = pos;
    if (pos + 1 === end && buffer[pos] === CR) return this.#incomplete(start, end);
    const lineEnd = this.#scanRequestLine(buffer, pos, end);
    if (lineEnd < 0) return lineEnd === FAULTY ? FAULTY : this.#incomplete(start, end);
    const headEnd = this.table.scan(buffer, lineEnd, end);
    if (headEnd === FAULTY) return this.#fail(this.table.fault);
    if (headEnd === INCOMPLETE) return this.#incomplete(start, end);
    if (headEnd - pos > this.#maxHeadBytes) return this.#fail(FAULTS.headTooLarge);
    this.end = headEnd;
    const fault = this.#check();
    return fault === null ? headEnd : this.#fail(fault);
  }

  get scheme(): string {
    return this.#scheme;
  }

  get authority(): string {
    this.#authority ??= this.table.host === -1 ? '' : this.table.value(this.table.host);
    return this.#authority;
  }

  get path(): string {
    this.#path ??= this.#target();
    return this.#path;
  }

  header(name: string): string | undefined {
    return this.table.first(name);
  }

  fields(): (readonly [string, string])[] {
    return [...this.keepFields()()];
  }

  keepFields(): KeptFields {
    const { method, scheme, authority, path } = this;
    const kept = this.table.keep();
    return () => [
      [':method', method],
      [':scheme', scheme],
      [':authority', authority],
      [':path', path],
      ...kept(),
    ];
  }

  #target(): string {
    this.#targetText ??= this.table.buffer.toString('latin1', this.#targetStart, this.#targetEnd);
    return this.#targetText;
  }

  #fail(fault: Fault): typeof FAULTY {
    this.fault = fault;
    return FAULTY;
  }

  #incomplete(start: number, end: number): number {
    if (end - start <= this.#maxHeadBytes) return INCOMPLETE;
    const inTarget = this.#targetEnd === 0;
    return this.#fail(inTarget ? FAULTS.targetTooLong : FAULTS.headTooLarge);
  }

  #scanRequestLine(buffer: Buffer, start: number, end: number): number {
    this.#targetText = null;
    this.#path = null;
    this.#authority = null;
    this.#scheme = 'http';
    this.isAbsoluteForm = false;
    this.#targetEnd = 0;
    let pos = start;
    while (pos < end && TOKEN[buffer[pos]!] !== 0) pos += 1;
    if (pos >= end) return INCOMPLETE;
    if (buffer[pos] !== SP || pos === start) return this.#fail(FAULTS.requestLine);
    this.method = methodAt(buffer, start, pos);
    pos += 1;
    this.#targetStart = pos;
    while (pos < end && buffer[pos]! > SP && buffer[pos] !== DEL) pos += 1;
    if (pos >= end) return INCOMPLETE;
    if (buffer[pos] !== SP || pos === this.#targetStart) return this.#fail(FAULTS.requestLine);
    this.#targetEnd = pos;
    return this.#scanVersion(buffer, pos + 1, end);
  }

  #scanVersion(buffer: Buffer, start: number, end: number): number {
    for (let i = 0; i < HTTP_1.length; i += 1) {
      if (start + i >= end) return INCOMPLETE;
      // HTTP/2.0 and the like have the right shape and the wrong number.
      if (buffer[start + i] !== HTTP_1[i]) {
        return this.#fail(i === 5 ? FAULTS.version : FAULTS.requestLine);
      }
    }
    const lineEnd = start + VERSION_LENGTH;
    if (lineEnd >= end) return INCOMPLETE;
    const minor = buffer[lineEnd - 1]!;
    if (minor !== 48 && minor !== 49) return this.#fail(FAULTS.version);
    this.isHttp10 = minor === 48;
    if (buffer[lineEnd] === LF) return this.#fail(FAULTS.bareLf);
    if (buffer[lineEnd] !== CR) return this.#fail(FAULTS.requestLine);
    if (lineEnd + 1 >= end) return INCOMPLETE;
    return buffer[lineEnd + 1] === LF ? lineEnd + 2 : this.#fail(FAULTS.bareCr);
  }

  #check(): Fault | null {
    const { table: fields } = this;
    if (fields.hostCount > 1) return FAULTS.repeatedHost;
    if (fields.hostCount === 0 && !this.isHttp10) return FAULTS.noHost;
    if (fields.host !== -1 && !isAuthority(fields, fields.host)) return FAULTS.host;
    const fault = this.#checkTarget() ?? encodingFault(fields, this.isHttp10);
    if (fault !== null) return fault;
    const length = contentLengthOf(fields);
    if (length === null) return FAULTS.contentLength;
    this.contentLength = fields.transferEncoding === -1 ? Math.max(length, 0) : -1;
    this.connection = connectionOptions(fields);
    this.isUpgrade = this.#isRealUpgrade();
    return null;
  }

  #checkTarget(): Fault | null {
    const first = this.table.buffer[this.#targetStart];
    if (this.method === 'CONNECT') return this.#checkConnect();
    if (first === SLASH) return null;
    const target = this.#target();
    if (target === '*') return this.method === 'OPTIONS' ? null : FAULTS.target;
    const absolute = splitAbsolute(target);
    if (absolute === null) return FAULTS.target;
    if (this.table.host !== -1 && !sameAuthority(absolute, this.authority)) {
      return FAULTS.hostDisagrees;
    }
    this.isAbsoluteForm = true;
    this.#scheme = absolute.scheme;
    this.#authority = absolute.authority;
    this.#path = absolute.path;
    return null;
  }

  #checkConnect(): Fault | null {
    const target = this.#target();
    if (this.isHttp10 || !/^(\[[0-9a-fA-F:.]+\]|[^:/?#@[\]]+):\d{1,5}$/.test(target)) {
      return FAULTS.connectTarget;
    }
    if (this.table.contentLength !== -1 || this.table.transferEncoding !== -1) {
      return FAULTS.connectTarget;
    }
    const same = sameAuthority({ scheme: '', authority: target, path: '' }, this.authority);
    return same ? null : FAULTS.hostDisagrees;
  }

  #isRealUpgrade(): boolean {
    if (this.table.upgrade === -1 || !this.connection.upgrade || this.isHttp10) return false;
    const protocols = this.table.value(this.table.upgrade).toLowerCase().split(',');
    return !protocols.some((protocol) => protocol.trim().startsWith('h2'));
  }
}

/** The method without making a string for the usual ones. */
function methodAt(buffer: Buffer, start: number, end: number): string {
  const first = buffer[start];
  const length = end - start;
  if (length === 3 && first === 71 && buffer[start + 1] === 69 && buffer[start + 2] === 84) {
    return 'GET';
  }
  if (length === 4 && first === 80 && buffer[start + 1] === 79 && buffer[start + 2] === 83) {
    if (buffer[start + 3] === 84) return 'POST';
  }
  return buffer.toString('latin1', start, end);
}
