/** Reads the server's answer and passes it to the client: interim answers, head, body, trailers. */
import type { CodecLimits } from '../stack/connection.ts';
import { BodyFraming } from './body-framing.ts';
import { FAULTY, INCOMPLETE } from './field-table.ts';
import {
  ANSWER_EDIT,
  answerEditOf,
  cutTransferEncoding,
  forwardHead,
  slice,
} from './head-forwarding.ts';
import { Http1ResponseHead } from './response-head.ts';
import type { Transfer } from './transfer.ts';

const NO_BYTES = Buffer.alloc(0);
const CONNECTION_CLOSE = Buffer.from('connection: close\r\n');
const CONNECTION_UPGRADE = Buffer.from('connection: upgrade\r\n');
const SWITCHING_PROTOCOLS = 101;

export class ResponseReader {
  /** Part of the final answer has gone to the client: no retry any more. */
  isForwarded = false;
  /** Not a byte of an answer came. */
  isUntouched = true;
  readonly #transfer: Transfer;
  readonly #head: Http1ResponseHead;
  readonly #body: BodyFraming;
  /** The beginning of a head whose rest is still to come. */
  #partial: Buffer | null = null;
  #close = false;
  #hasFirstByte = false;

  constructor(transfer: Transfer, limits: CodecLimits) {
    this.#transfer = transfer;
    this.#head = new Http1ResponseHead(limits.maxHeadBytes, limits.maxHeaderFields);
    this.#body = new BodyFraming(limits.maxHeadBytes, limits.maxHeaderFields);
  }

  begin(): void {
    this.isForwarded = false;
    this.isUntouched = true;
    this.#hasFirstByte = false;
    this.#partial = null;
  }

  read(chunk: Buffer): void {
    if (this.isForwarded) {
      this.#readBody(chunk);
      return;
    }
    this.isUntouched = false;
    const bytes = this.#partial === null ? chunk : Buffer.concat([this.#partial, chunk]);
    this.#partial = null;
    this.#readHeads(bytes);
  }

  /** The server ended its side: the end of a body delimited so, or a break. */
  endOfStream(): void {
    if (!this.#body.endOfStream()) {
      this.#transfer.brokenOff();
      return;
    }
    this.#countBody(NO_BYTES, 0, 0);
    this.#transfer.complete(false, this.#close);
  }

  #readHeads(bytes: Buffer): void {
    let pos = 0;
    for (;;) {
      const end = this.#head.scan(bytes, pos, bytes.length);
      if (end === INCOMPLETE) {
        this.#partial = pos === 0 ? bytes : bytes.subarray(pos);
        return;
      }
      if (end === FAULTY) {
        this.#transfer.malformedResponse(this.#head.fault.reason);
        return;
      }
      if (this.#head.status >= 200 || this.#head.status === SWITCHING_PROTOCOLS) {
        this.#finalHead(bytes, end);
        return;
      }
      this.#forwardInterim(end);
      pos = end;
    }
  }

  #forwardInterim(end: number): void {
    // RFC 9110 15.2: a client of HTTP/1.0 knows no interim answers.
    if (this.#transfer.client.request.isHttp10) return;
    this.#transfer.client.write(forwardHead(this.#head, ANSWER_EDIT, false, NO_BYTES, end));
  }

  #finalHead(bytes: Buffer, headEnd: number): void {
    const transfer = this.#transfer;
    const head = this.#head;
    const { request } = transfer.client;
    if (head.status === SWITCHING_PROTOCOLS && !request.isUpgrade) {
      transfer.malformedResponse('101 to a request without Upgrade');
      return;
    }
    if (transfer.exchange.responseHead(head, transfer.canRetry) === 'retry') {
      transfer.retry();
      return;
    }
    this.isForwarded = true;
    const isConnected = request.method === 'CONNECT' && head.status < 300 && head.status >= 200;
    if (head.status === SWITCHING_PROTOCOLS || isConnected) this.#switch(bytes, headEnd);
    else this.#beginBody(bytes, headEnd);
  }

  #switch(bytes: Buffer, headEnd: number): void {
    const transfer = this.#transfer;
    const isUpgrade = this.#head.status === SWITCHING_PROTOCOLS;
    const extra = isUpgrade ? CONNECTION_UPGRADE : NO_BYTES;
    const edit = answerEditOf(transfer.exchange.answerEdit);
    transfer.client.write(forwardHead(this.#head, edit, isUpgrade, extra, headEnd));
    transfer.exchange.firstBodyByte();
    transfer.tunnel(bytes.subarray(headEnd));
  }

  #beginBody(bytes: Buffer, headEnd: number): void {
    const { client, exchange } = this.#transfer;
    const head = this.#head;
    const edit = answerEditOf(exchange.answerEdit);
    const kind = head.bodyKind(client.request.method);
    this.#body.begin(kind, Math.max(head.contentLength, 0));
    this.#close = client.mustClose || kind === 'eof';
    const extra = this.#close ? CONNECTION_CLOSE : NO_BYTES;
    if (kind === 'chunked' && client.request.isHttp10) {
      cutTransferEncoding(head.table);
      this.#body.chunked.ranges = [];
      client.write(forwardHead(head, edit, false, extra, headEnd));
      this.#readBody(headEnd === bytes.length ? NO_BYTES : bytes.subarray(headEnd));
      return;
    }
    const end = this.#body.done ? headEnd : this.#body.advance(bytes, headEnd, bytes.length);
    if (end === FAULTY) {
      this.#transfer.brokenOff();
      return;
    }
    if (end > headEnd || this.#body.done) this.#countBody(bytes, headEnd, end);
    this.#forward(forwardHead(head, edit, false, extra, end), end < bytes.length);
  }

  #readBody(chunk: Buffer): void {
    if (chunk.length === 0) return;
    const end = this.#body.advance(chunk, 0, chunk.length);
    if (end === FAULTY) {
      this.#transfer.brokenOff();
      return;
    }
    this.#countBody(chunk, 0, end);
    const { ranges } = this.#body.chunked;
    const isDechunked = this.#body.kind === 'chunked' && ranges !== null;
    const bytes = isDechunked ? dechunked(chunk, ranges) : slice(chunk, 0, end);
    this.#forward(bytes, end < chunk.length);
  }

  #countBody(bytes: Buffer, from: number, to: number): void {
    const { exchange } = this.#transfer;
    if (!this.#hasFirstByte) {
      this.#hasFirstByte = true;
      exchange.firstBodyByte();
    }
    if (to === from) return;
    exchange.responseBytes(to - from);
    exchange.bodyTap?.response(bytes.subarray(from, to));
  }

  /** @param hasExcess bytes follow the answer: the server is out of step and its connection unusable. */
  #forward(bytes: Buffer, hasExcess: boolean): void {
    const transfer = this.#transfer;
    const hasRoom = transfer.client.write(bytes);
    if (!this.#body.done) {
      if (!hasRoom) transfer.upstream?.socket.pause();
      return;
    }
    const { trailers } = this.#body.chunked;
    if (this.#body.kind === 'chunked' && trailers.length > 0) {
      transfer.exchange.responseTrailers(trailers, false);
    }
    transfer.complete(this.#head.keepsConnection && !hasExcess, this.#close);
  }
}

function dechunked(chunk: Buffer, ranges: number[]): Buffer {
  const runs: Buffer[] = [];
  for (let i = 0; i < ranges.length; i += 2) runs.push(chunk.subarray(ranges[i], ranges[i + 1]));
  ranges.length = 0;
  return Buffer.concat(runs);
}
