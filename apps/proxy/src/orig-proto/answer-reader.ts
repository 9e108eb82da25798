/** Reads an HTTP/1 server's answer as the fields, bytes and trailers of HTTP/2. */
import type { CodecLimits } from '../stack/connection.ts';
import { BodyFraming } from '../http1/body-framing.ts';
import { FAULTY, INCOMPLETE } from '../http1/field-table.ts';
import { Http1ResponseHead } from '../http1/response-head.ts';
import type { HeaderField } from '../http2/hpack/header-field.ts';
import { carriedResponse, carriedTrailers } from './carried-fields.ts';

const SWITCHING_PROTOCOLS = 101;
const NO_TRAILERS: readonly HeaderField[] = [];

/** What the reader tells, in this order: interim heads, the final one, its body, its end. */
export interface AnswerListener {
  onInterimHead(fields: readonly HeaderField[]): void;
  /** @param isWhole no body follows, nor {@link onBodyEnd}. */
  onFinalHeadRead(fields: readonly HeaderField[], isWhole: boolean): void;
  onBody(chunk: Buffer): void;
  onBodyEnd(trailers: readonly HeaderField[]): void;
  /** Nothing follows. */
  onMalformed(reason: string, isHeadForwarded: boolean): void;
}

/** Readers at rest: their tables are dear to make. */
const spare: AnswerReader[] = [];
const MAX_SPARE = 256;
const NOBODY: AnswerListener = {
  onInterimHead: () => {},
  onFinalHeadRead: () => {},
  onBody: () => {},
  onBodyEnd: () => {},
  onMalformed: () => {},
};

/** Reads one answer. Taken with {@link AnswerReader.take} and given back with {@link AnswerReader.rest}. */
export class AnswerReader {
  /** Not a byte of an answer came. */
  isUntouched = true;
  /** Once the answer is whole: its connection can take another request. */
  isReusable = false;
  #listener: AnswerListener = NOBODY;
  #method = '';
  readonly #head: Http1ResponseHead;
  readonly #body: BodyFraming;
  #partial: Buffer | null = null;
  #hasHead = false;
  #isDone = false;

  readonly #limits: CodecLimits;

  private constructor(limits: CodecLimits) {
    this.#limits = limits;
    this.#head = new Http1ResponseHead(limits.maxHeadBytes, limits.maxHeaderFields);
    this.#body = new BodyFraming(limits.maxHeadBytes, limits.maxHeaderFields);
  }

  /** @param method of the request: it says whether the answer has a body. */
  static take(listener: AnswerListener, method: string, limits: CodecLimits): AnswerReader {
    const resting = spare.pop();
    const isFitting = resting !== undefined && resting.#limits === limits;
    const reader = isFitting ? resting : new AnswerReader(limits);
    reader.#listener = listener;
    reader.#method = method;
    reader.isUntouched = true;
    reader.isReusable = false;
    reader.#partial = null;
    reader.#hasHead = false;
    reader.#isDone = false;
    return reader;
  }

  /** Nothing more is read or told. The caller forgets it. */
  rest(): void {
    this.#listener = NOBODY;
    this.#isDone = true;
    this.#partial = null;
    if (spare.length < MAX_SPARE) spare.push(this);
  }

  read(chunk: Buffer): void {
    if (this.#isDone) return;
    this.isUntouched = false;
    if (this.#hasHead) {
      this.#readBody(chunk, 0);
      return;
    }
    const bytes = this.#partial === null ? chunk : Buffer.concat([this.#partial, chunk]);
    this.#partial = null;
    this.#readHeads(bytes);
  }

  /** The server ended its side. True when that ends the answer properly, or it was whole before. */
  endOfStream(): boolean {
    if (this.#isDone) return true;
    if (!this.#hasHead || !this.#body.endOfStream()) return false;
    this.#isDone = true;
    this.#listener.onBodyEnd(NO_TRAILERS);
    return true;
  }

  #readHeads(bytes: Buffer): void {
    let pos = 0;
    while (!this.#hasHead) {
      const end = this.#head.scan(bytes, pos, bytes.length);
      if (end === INCOMPLETE) {
        this.#partial = pos === 0 ? bytes : bytes.subarray(pos);
        return;
      }
      if (end === FAULTY) return this.#malformed(this.#head.fault.reason);
      const { status } = this.#head;
      // Upgrades never come this way, so the server switches to what nobody asked for.
      if (status === SWITCHING_PROTOCOLS) {
        return this.#malformed('101 to a request without Upgrade');
      }
      pos = end;
      if (status < 200) this.#listener.onInterimHead(carriedResponse(this.#head));
      else this.#finalHead(bytes, end);
    }
  }

  #finalHead(bytes: Buffer, end: number): void {
    const head = this.#head;
    this.#hasHead = true;
    this.#body.begin(head.bodyKind(this.#method), Math.max(head.contentLength, 0));
    if (this.#body.kind === 'chunked') this.#body.chunked.ranges = [];
    const isWhole = this.#body.done;
    if (isWhole) this.#done(end < bytes.length);
    this.#listener.onFinalHeadRead(carriedResponse(head), isWhole);
    if (!isWhole && end < bytes.length) this.#readBody(bytes, end);
  }

  #readBody(chunk: Buffer, start: number): void {
    const body = this.#body;
    const end = body.advance(chunk, start, chunk.length);
    if (end === FAULTY) return this.#malformed(body.fault.reason);
    const { ranges } = body.chunked;
    if (body.kind === 'chunked' && ranges !== null) {
      for (let i = 0; i < ranges.length; i += 2) {
        this.#listener.onBody(chunk.subarray(ranges[i], ranges[i + 1]));
      }
      ranges.length = 0;
    } else if (end > start) this.#listener.onBody(chunk.subarray(start, end));
    if (!body.done) return;
    this.#done(end < chunk.length);
    const isTrailed = body.kind === 'chunked' && body.chunked.trailers.length > 0;
    this.#listener.onBodyEnd(isTrailed ? carriedTrailers(body.chunked.trailers) : NO_TRAILERS);
  }

  /** @param hasExcess bytes follow the answer: the server is out of step and its connection unusable. */
  #done(hasExcess: boolean): void {
    this.#isDone = true;
    this.isReusable = this.#head.keepsConnection && !hasExcess;
  }

  #malformed(reason: string): void {
    this.#isDone = true;
    this.#listener.onMalformed(reason, this.#hasHead);
  }
}
