/**
 * One try at an endpoint that speaks HTTP/1, for a request that is HTTP/2 here: head and body are made HTTP/1, the answer
 * HTTP/2. Connections come from the endpoint's HTTP/1 pool.
 */
import { dialTimingOf } from '../connect/dial-timing.ts';
import type { CodecContext } from '../stack/connection.ts';
import { DialError } from '../stack/connection.ts';
import { send } from '../connect/lean-socket.ts';
import type { Endpoint } from '../stack/endpoint.ts';
import type { HeaderField } from '../http2/hpack/header-field.ts';
import { NameKind } from '../http2/hpack/header-name.ts';
import type { AttemptUser, BodyTarget, RequestAttempt } from '../http2/request-sides.ts';
import type { RequestBody } from '../http2/request-body.ts';
import type { UpstreamConnection, UpstreamUser } from '../http1/upstream-connection.ts';
import { UpstreamPool } from '../http1/upstream-pool.ts';
import { AnswerReader, type AnswerListener } from './answer-reader.ts';
import { CHUNKED, chunkSizeBytes, lastChunkBytes, requestHeadBytes } from './plain-heads.ts';
import type { PlainRequest } from './plain-heads.ts';
import { TurnBuffer, type TurnSink } from './turn-buffer.ts';

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);
const CRLF = Buffer.from('\r\n');
/** Answer bytes the client's side may owe before the endpoint is not read any more: about one stream's window. */
const MAX_OWED_BYTES = 64 * 1024;

export interface DowngradedRequest extends PlainRequest {
  readonly method: string;
}

export class Http1Attempt
  implements RequestAttempt, BodyTarget, UpstreamUser, AnswerListener, TurnSink
{
  readonly #user: AttemptUser;
  readonly #body: RequestBody;
  readonly #request: DowngradedRequest;
  readonly #endpoint: Endpoint;
  readonly #context: CodecContext;
  /** Null once its answer is read. */
  #answer: AnswerReader | null;
  readonly #out = new TurnBuffer(this);
  #upstream: UpstreamConnection | null = null;
  #isChunked = false;
  #isRequestDone = false;
  #hasRetriedStale = false;
  #isOver = false;
  /** Body bytes in `#out`, and written without room. */
  #bodyBytes = 0;
  #owedBytes = 0;

  constructor(
    user: AttemptUser,
    body: RequestBody,
    request: DowngradedRequest,
    endpoint: Endpoint,
    context: CodecContext,
  ) {
    this.#user = user;
    this.#body = body;
    this.#request = request;
    this.#endpoint = endpoint;
    this.#context = context;
    this.#answer = AnswerReader.take(this, request.method, context.limits);
  }

  start(): void {
    const idle = UpstreamPool.of(this.#endpoint, this.#context).lease();
    if (idle !== null) this.#send(idle);
    else void this.#dial();
  }

  async #dial(): Promise<void> {
    const pool = UpstreamPool.of(this.#endpoint, this.#context);
    let connection: UpstreamConnection;
    try {
      connection = pool.adopt(await this.#context.dial(this.#endpoint, 'http1'));
    } catch (reason) {
      if (this.#isOver) return;
      const error = reason instanceof Error ? reason : new Error(String(reason));
      const failure =
        error instanceof DialError ? error.failure : { kind: 'connect' as const, error };
      this.#isOver = true;
      this.#user.onAttemptFailed(failure);
      return;
    }
    if (this.#isOver) {
      connection.giveBack();
      return;
    }
    const timing = dialTimingOf(connection.socket);
    if (timing !== null) this.#user.onDialed(timing);
    this.#send(connection);
  }

  #send(upstream: UpstreamConnection): void {
    this.#upstream = upstream;
    upstream.lend(this);
    const hasLength = this.#request.fields.some(({ name }) => name.kind === NameKind.contentLength);
    const isEmpty = this.#body.isEmpty;
    this.#isChunked = !hasLength && !isEmpty;
    this.#isRequestDone = false;
    const head = requestHeadBytes(this.#request, this.#isChunked ? CHUNKED : '');
    if (isEmpty) {
      this.#isRequestDone = true;
      this.#out.addLast(head);
      return;
    }
    this.#out.add(head);
    this.#body.attach(this);
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#out.clear();
    this.#release(false);
  }

  onFinalHead(): void {
    // HTTP/1 bodies are counted where they are read.
  }

  // === the request's body

  send(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#bodyBytes += chunk.length;
    if (!this.#isChunked) {
      this.#out.add(chunk);
      return;
    }
    this.#out.add(chunkSizeBytes(chunk.length));
    this.#out.add(chunk);
    this.#out.add(CRLF);
  }

  end(): void {
    this.#endBody([]);
  }

  sendTrailers(fields: readonly HeaderField[]): void {
    this.#endBody(fields);
  }

  #endBody(trailers: readonly HeaderField[]): void {
    if (this.#isOver) return;
    this.#isRequestDone = true;
    if (this.#isChunked) this.#out.addLast(lastChunkBytes(trailers));
    else this.#out.flushNow();
  }

  writeAll(bytes: Buffer): void {
    const upstream = this.#upstream;
    if (upstream === null || send(upstream.socket, bytes)) this.upstreamDrained();
  }

  upstreamDrained(): void {
    const bytes = this.#bodyBytes;
    this.#bodyBytes = 0;
    if (bytes > 0) this.#body.sent(bytes);
  }

  // === the answer

  upstreamData(chunk: Buffer): void {
    const answer = this.#answer;
    if (answer === null) return;
    answer.read(chunk);
    // Only here: nothing of it is on the stack any more.
    if (!this.#isOver) return;
    this.#answer = null;
    answer.rest();
  }

  upstreamEnded(): void {
    if (this.#answer?.endOfStream() !== false) return;
    this.#broken(this.#upstream?.isReused === true);
  }

  upstreamClosed(): void {
    const isReused = this.#upstream?.isReused === true;
    this.#upstream = null;
    this.#broken(isReused);
  }

  onInterimHead(fields: readonly HeaderField[]): void {
    this.#user.onAnswerHead({ fields, isTooLarge: false }, false);
  }

  onFinalHeadRead(fields: readonly HeaderField[], isWhole: boolean): void {
    if (isWhole) this.#settle();
    this.#user.onAnswerHead({ fields, isTooLarge: false }, isWhole);
    if (isWhole) this.#tellUnwanted();
  }

  onBody(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#owedBytes += chunk.length;
    if (this.#owedBytes > MAX_OWED_BYTES) this.#upstream?.socket.pause();
    this.#user.onAnswerData(chunk);
  }

  consumed(bytes: number): void {
    this.#owedBytes -= bytes;
    const socket = this.#upstream?.socket;
    if (socket?.isPaused() === true && this.#owedBytes <= MAX_OWED_BYTES / 2) socket.resume();
  }

  onBodyEnd(trailers: readonly HeaderField[]): void {
    if (this.#isOver) return;
    this.#settle();
    if (trailers.length > 0) this.#user.onAnswerTrailers(trailers);
    else this.#user.onAnswerEnd();
    this.#tellUnwanted();
  }

  onMalformed(reason: string, isHeadForwarded: boolean): void {
    if (this.#isOver) return;
    this.cancel();
    if (isHeadForwarded) return this.#user.onAttemptReset(null, false);
    const error = new Error(`The server's response is malformed: ${reason}.`);
    this.#user.onAttemptFailed({ kind: 'broken', error });
  }

  /** The connection goes back before anybody is told, for whoever asks next. */
  #settle(): void {
    this.#isOver = true;
    this.#release(this.#answer?.isReusable === true && this.#isRequestDone);
  }

  #tellUnwanted(): void {
    if (!this.#isRequestDone) this.#user.onBodyUnwanted();
  }

  #broken(isReused: boolean): void {
    if (this.#isOver) return;
    if (isReused && this.#canResend) {
      this.#hasRetriedStale = true;
      this.#release(false);
      this.#out.clear();
      this.#body.detach();
      void this.#dial();
      return;
    }
    this.cancel();
    this.#user.onAttemptReset(null, false);
  }

  /** The server may have been closing the kept connection while we wrote to it. */
  get #canResend(): boolean {
    if (this.#hasRetriedStale || this.#answer?.isUntouched !== true) return false;
    return this.#body.isWhole && IDEMPOTENT.has(this.#request.method);
  }

  #release(isReusable: boolean): void {
    const upstream = this.#upstream;
    this.#upstream = null;
    if (upstream === null) return;
    if (isReusable) upstream.giveBack();
    else upstream.discard();
  }
}
