/**
 * An HTTP/1 client's request on its way to the proxy of an endpoint as an HTTP/2 stream, and the answer back. To the
 * {@link RequestDriver} it is the client's side, to the connection what a transfer is.
 */
import type { CodecContext } from '../stack/connection.ts';
import type { Exchange, Peer, Refusal } from '../stack/http-service.ts';
import { BodyFraming } from '../http1/body-framing.ts';
import type { ClientSide as Http1Client } from '../http1/client-side.ts';
import type { Fault } from '../http1/fault.ts';
import { FAULTY } from '../http1/field-table.ts';
import type { HeaderField } from '../http2/hpack/header-field.ts';
import { NameKind } from '../http2/hpack/header-name.ts';
import { RequestDriver } from '../http2/request-driver.ts';
import type { ClientSide } from '../http2/request-sides.ts';
import { carriedRequest, carriedTrailers } from './carried-fields.ts';
import { origProtoOf } from './orig-proto.ts';
import {
  CHUNKED,
  CLOSE,
  NO_LENGTH,
  chunkSizeBytes,
  lastChunkBytes,
  responseHeadBytes,
} from './plain-heads.ts';
import { TurnBuffer, type TurnSink } from './turn-buffer.ts';

const CRLF = Buffer.from('\r\n');
/** Body bytes on their way to the endpoint before the client is not read any more: about one stream's window. */
const MAX_OWED_BYTES = 64 * 1024;
const RESET: Refusal = {
  kind: 'refusal',
  status: 502,
  proxyError: 'the server reset the request',
  tellClient: true,
};

/** One per request: a driver may still hear of an older one. */
export class CarriedRequest implements ClientSide, TurnSink {
  localEnded = false;
  endQueued = false;
  readonly #client: Http1Client;
  readonly #driver: RequestDriver;
  /** Null for a request without a body, which is nearly every one. */
  readonly #requestBody: BodyFraming | null;
  readonly #out = new TurnBuffer(this);
  readonly #method: string;
  readonly #isHttp10: boolean;
  #isChunked = false;
  #close = false;
  #hasAnswered = false;
  #isOver = false;
  /** Answer bytes not told as sent. */
  #answerBytes = 0;
  /** Request bytes not told as consumed. */
  #owedBytes = 0;

  constructor(client: Http1Client, peer: Peer, context: CodecContext) {
    const { request } = client;
    const { maxHeadBytes, maxHeaderFields } = context.limits;
    this.#client = client;
    this.#method = request.method;
    this.#isHttp10 = request.isHttp10;
    this.#requestBody =
      request.contentLength === 0 ? null : new BodyFraming(maxHeadBytes, maxHeaderFields);
    const origProto = origProtoOf(request.isHttp10, request.isAbsoluteForm);
    const fields = carriedRequest(request);
    this.#driver = new RequestDriver(this, request, fields, peer, context, origProto);
  }

  /** Starts on the request that the client's head holds; its body is what `client.buffer` has from `client.pos` on. */
  start(exchange: Exchange): void {
    const { contentLength } = this.#client.request;
    const body = this.#requestBody;
    if (body === null) this.#driver.onEnd();
    else {
      body.begin(contentLength === -1 ? 'chunked' : 'length', contentLength);
      if (contentLength === -1) body.chunked.ranges = [];
      this.pump();
    }
    if (this.#isOver) exchange.end({ kind: 'client-reset', code: null });
    else this.#driver.startWith(exchange);
  }

  /** The client's request is read to its end. */
  get isRequestDone(): boolean {
    return this.#requestBody === null || this.#requestBody.done;
  }

  get remoteEnded(): boolean {
    return this.isRequestDone;
  }

  /** More of the client's bytes are in `client.buffer`: passes on what belongs to this request. */
  pump(): void {
    const client = this.#client;
    const body = this.#requestBody;
    const { buffer, pos } = client;
    if (this.#isOver || body === null || body.done || pos === buffer.length) return;
    const end = body.advance(buffer, pos, buffer.length);
    if (end === FAULTY) {
      this.#malformedBody(body.fault);
      return;
    }
    client.pos = end;
    const { ranges } = body.chunked;
    if (body.kind === 'chunked' && ranges !== null) {
      for (let i = 0; i < ranges.length; i += 2) {
        this.#pass(buffer.subarray(ranges[i], ranges[i + 1]));
      }
      ranges.length = 0;
    } else if (end > pos) this.#pass(buffer.subarray(pos, end));
    if (body.done) this.#endRequest(body);
    else if (this.#owedBytes > MAX_OWED_BYTES) client.holdReading();
  }

  #pass(chunk: Buffer): void {
    this.#owedBytes += chunk.length;
    this.#driver.onData(chunk);
  }

  #endRequest({ kind, chunked }: BodyFraming): void {
    if (kind === 'chunked' && chunked.trailers.length > 0) {
      this.#driver.onTrailers(carriedTrailers(chunked.trailers));
    } else this.#driver.onEnd();
  }

  /** The request's own chunk framing broke after its head had been sent on: the endpoint never gets its end. */
  #malformedBody(fault: Fault): void {
    this.#isOver = true;
    this.#out.clear();
    this.#driver.onReset(null);
    if (this.#hasAnswered) this.#client.destroy();
    else this.#client.answerMalformed(fault);
  }

  clientGone(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#out.clear();
    this.#driver.onReset(null);
  }

  clientDrained(): void {
    if (!this.#isOver) this.#tellSent();
  }

  // === the driver's side

  consumed(bytes: number): void {
    this.#owedBytes -= bytes;
    if (!this.#isOver && this.#owedBytes <= MAX_OWED_BYTES / 2) this.#client.releaseReading();
  }

  sendHead(fields: readonly HeaderField[], endStream: boolean): void {
    if (this.#isOver) return;
    const [first] = fields;
    const status = Number(first?.value);
    if (status < 200) {
      // RFC 9110 15.2: a client of HTTP/1.0 knows no interim answers.
      if (!this.#isHttp10) this.#out.addLast(responseHeadBytes(fields, 'HTTP/1.1', ''));
      return;
    }
    this.#hasAnswered = true;
    const framing = this.#frame(fields, status, endStream);
    const version = this.#isHttp10 ? 'HTTP/1.0' : 'HTTP/1.1';
    this.#out.add(responseHeadBytes(fields, version, this.#close ? framing + CLOSE : framing));
    if (endStream) this.#finish();
  }

  /** Decides how the client sees where the answer ends, and whether that takes the connection. */
  #frame(fields: readonly HeaderField[], status: number, endStream: boolean): string {
    const isBodiless = this.#method === 'HEAD' || status === 204 || status === 304;
    const hasLength = fields.some(({ name }) => name.kind === NameKind.contentLength);
    this.#close = this.#client.mustClose || (endStream && !this.isRequestDone);
    if (isBodiless || hasLength) return '';
    if (endStream) return NO_LENGTH;
    if (this.#isHttp10) {
      this.#close = true;
      return '';
    }
    this.#isChunked = true;
    return CHUNKED;
  }

  send(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#answerBytes += chunk.length;
    if (!this.#isChunked) {
      this.#out.add(chunk);
      return;
    }
    this.#out.add(chunkSizeBytes(chunk.length));
    this.#out.add(chunk);
    this.#out.add(CRLF);
  }

  end(): void {
    this.sendTrailers([]);
  }

  sendTrailers(fields: readonly HeaderField[]): void {
    if (this.#isOver) return;
    if (this.#isChunked) this.#out.add(lastChunkBytes(fields));
    this.#finish();
  }

  reset(_code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#out.clear();
    if (this.#hasAnswered) this.#client.destroy();
    else this.#client.answer(RESET, this.isRequestDone);
  }

  writeAll(bytes: Buffer): void {
    if (this.#client.write(bytes)) this.#tellSent();
  }

  #tellSent(): void {
    const bytes = this.#answerBytes;
    this.#answerBytes = 0;
    if (bytes > 0) this.#driver.onSent(bytes);
  }

  /** The answer is whole. What of the request is still to come is not read: the connection closes. */
  #finish(): void {
    const isRequestDone = this.isRequestDone;
    this.#out.flushNow();
    this.#isOver = true;
    this.localEnded = true;
    this.endQueued = true;
    this.#tellSent();
    this.#driver.onSendEnd();
    if (!isRequestDone) this.#driver.onReset(null);
    this.#client.exchangeDone(this.#close || !isRequestDone);
  }
}
