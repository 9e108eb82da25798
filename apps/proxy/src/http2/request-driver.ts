/**
 * Carries one request from a client's stream through its {@link Exchange} to an endpoint and the answer back. Two streams
 * meet here: the client's (this object is its handler) and the current attempt's ({@link StreamAttempt}). Bytes that leave on one
 * side open the window on the other, so a slow reader slows its writer.
 */
import type { CodecContext, DialTiming } from '../stack/connection.ts';
import type {
  AttemptFailure,
  Exchange,
  ExchangeControl,
  ExchangeEnd,
  HttpService,
  Peer,
  Refusal,
  RequestHead,
} from '../stack/http-service.ts';
import { Http1Attempt } from '../orig-proto/http1-attempt.ts';
import { takesCarried, type OrigProto } from '../orig-proto/orig-proto.ts';
import { TimerEntry } from '../stack/timer-wheel.ts';
import { exchangeWheel } from '../stack/wheels.ts';
import type { Http2Connection } from './connection.ts';
import { ErrorCode } from './error-code.ts';
import { checkResponse } from './field-rules.ts';
import {
  GRPC_DEADLINE_EXCEEDED,
  GRPC_UNAVAILABLE,
  grpcTrailers,
  refusalFields,
} from './grpc-status.ts';
import { answerFields, Http2ResponseHead, editFields, fieldPairs } from './heads.ts';
import type { FieldSection } from './hpack/decoder.ts';
import type { HeaderField } from './hpack/header-field.ts';
import { RequestBody } from './request-body.ts';
import {
  TIMEOUT_TEXT,
  forwardedCode,
  internalRefusal,
  timeoutRefusal,
} from './request-failures.ts';
import type { ClientSide, RequestAttempt } from './request-sides.ts';
import { SessionPool } from './session-pool.ts';
import { StreamAttempt, type StreamAttemptUser } from './stream-attempt.ts';
import type { Http2Stream, StreamHandler } from './stream.ts';

/** Times a request that the endpoint surely did not see is sent again without asking anybody. */
const MAX_SILENT_RETRIES = 3;

const COMPLETE: ExchangeEnd = { kind: 'complete' };
const TIMED_OUT: ExchangeEnd = { kind: 'timeout' };

export class RequestDriver implements StreamHandler, StreamAttemptUser, ExchangeControl {
  readonly client: ClientSide;
  readonly body: RequestBody;
  readonly #fields: readonly HeaderField[];
  readonly #head: RequestHead;
  readonly #peer: Peer;
  readonly #context: CodecContext;
  /** Null: HTTP/2 from end to end. */
  readonly #origProto: OrigProto | null;
  #exchange: Exchange | null = null;
  #attempt: RequestAttempt | null = null;
  #timer: TimerEntry | null = null;
  #silentRetries = 0;
  /** The answer's final head, not forwarded yet because of a 'hold'. */
  #heldHead: readonly HeaderField[] | null = null;
  /** A final head was sent to the client, of the endpoint or our own. */
  #hasAnswered = false;
  #hasFirstByte = false;
  /** The request needs nobody any more; the reason is passed on once our END_STREAM left. */
  #outcome: ExchangeEnd = COMPLETE;
  #isOver = false;
  /** The endpoint wants no more of the body: the client is told behind the answer. */
  #bodyIsUnwanted = false;

  constructor(
    client: ClientSide,
    head: RequestHead,
    fields: readonly HeaderField[],
    peer: Peer,
    context: CodecContext,
    origProto: OrigProto | null,
  ) {
    this.client = client;
    this.body = new RequestBody(client);
    this.#fields = fields;
    this.#head = head;
    this.#peer = peer;
    this.#context = context;
    this.#origProto = origProto;
  }

  get method(): string {
    return this.#head.method;
  }

  /** Asks the service and begins. */
  start(service: HttpService, endStream: boolean): void {
    if (endStream) this.body.end(null);
    const begun = service.begin(this.#head, this.#peer);
    if (!(begun instanceof Promise)) return this.#begin(begun);
    begun.then(
      (answer) => this.#begin(answer),
      (error: unknown) => this.#begin(internalRefusal(error)),
    );
  }

  /** Begins with what the service already said; the body so far is in. */
  startWith(exchange: Exchange): void {
    this.#begin(exchange);
  }

  #begin(begun: Exchange | Refusal): void {
    if (begun.kind === 'refusal') {
      if (!this.#isOver) this.#refuse(begun);
      return;
    }
    this.#exchange = begun;
    if (this.#isOver) {
      begun.end(this.#outcome);
      return;
    }
    if (begun.bodyTap) this.body.showTo(begun.bodyTap);
    this.body.keepUpTo(begun.replayBytes);
    if (begun.timeoutMs > 0) {
      this.#timer = new TimerEntry(() => this.#onTimeout());
      exchangeWheel.schedule(this.#timer, performance.now() + begun.timeoutMs);
    }
    begun.watch?.(this);
    this.#tryOnce(begun);
  }

  giveUpAttempt(failure: AttemptFailure): void {
    if (!this.#hasAnswered && this.#heldHead === null) this.onAttemptFailed(failure);
  }

  timeOut(): void {
    this.#onTimeout();
  }

  // === attempts

  #tryOnce(exchange: Exchange): void {
    if (this.body.hasEnded) exchange.requestSent?.();
    if (this.#origProto !== null && !takesCarried(exchange.endpoint)) {
      this.#tryPlain(exchange, this.#origProto);
      return;
    }
    const pool = SessionPool.of(exchange.endpoint, this.#context);
    const attempt = new StreamAttempt(this, exchange, pool);
    this.#attempt = attempt;
    const session = pool.ready();
    if (session === null) pool.wait(attempt);
    else attempt.onSession(session, null);
  }

  /** The attempt a 'retry' asked for, after the pause that the exchange wants. */
  #tryAgain(exchange: Exchange): void {
    const delayMs = exchange.retryDelayMs ?? 0;
    if (delayMs === 0) return this.#tryOnce(exchange);
    setTimeout(() => {
      if (!this.#isOver && this.#attempt === null && !this.#hasAnswered) this.#tryOnce(exchange);
    }, delayMs).unref();
  }

  /** The endpoint gets what the client sent: HTTP/1. */
  #tryPlain(exchange: Exchange, origProto: OrigProto): void {
    const request = {
      method: this.#head.method,
      fields: this.#fields,
      edit: exchange.headerEdit,
      origProto,
    };
    const attempt = new Http1Attempt(this, this.body, request, exchange.endpoint, this.#context);
    this.#attempt = attempt;
    attempt.start();
  }

  /** Opens the attempt's stream. */
  openOn(session: Http2Connection, exchange: Exchange): Http2Stream {
    const last = this.#origProto === null ? null : this.#origProto.field;
    const fields = editFields(this.#fields, exchange.headerEdit, last);
    return session.open(fields, this.body.isEmpty);
  }

  get #canReplay(): boolean {
    return this.body.isWhole && !this.#hasAnswered && (this.#exchange?.replayBytes ?? 0) > 0;
  }

  #dropAttempt(code: number): void {
    this.#attempt?.cancel(code);
    this.#attempt = null;
    this.body.detach();
  }

  onDialed(timing: DialTiming): void {
    this.#exchange?.dialed?.(timing);
  }

  /** The attempt failed before its answer's head. */
  onAttemptFailed(failure: AttemptFailure): void {
    const exchange = this.#exchange;
    if (this.#isOver || exchange === null) return;
    this.#dropAttempt(ErrorCode.cancel);
    const isSent = failure.kind === 'broken' || failure.kind === 'timeout';
    const nothingSent = !isSent && this.body.isWhole;
    const verdict = exchange.attemptFailed(failure, nothingSent || this.#canReplay);
    if (!(verdict instanceof Promise)) return this.#afterFailure(verdict, exchange);
    verdict.then(
      (later) => this.#afterFailure(later, exchange),
      (error: unknown) => this.#afterFailure(internalRefusal(error), exchange),
    );
  }

  #afterFailure(verdict: 'retry' | Refusal, exchange: Exchange): void {
    if (this.#isOver) return;
    if (verdict === 'retry') this.#tryAgain(exchange);
    else this.#refuse(verdict);
  }

  /** The attempt's stream was reset (`code`) or its connection lost (null). */
  onAttemptReset(code: number | null, isUnprocessed: boolean): void {
    const exchange = this.#exchange;
    if (this.#isOver || exchange === null) return;
    if (this.#hasAnswered || this.#heldHead !== null) return this.#onCutAnswer(code);
    if (isUnprocessed && this.body.isWhole && this.#silentRetries < MAX_SILENT_RETRIES) {
      this.#silentRetries += 1;
      this.#dropAttempt(ErrorCode.cancel);
      this.#tryOnce(exchange);
      return;
    }
    if (code === null) {
      this.onAttemptFailed({
        kind: 'broken',
        error: new Error('the connection closed before the answer'),
      });
      return;
    }
    this.#resetClient(forwardedCode(code), { kind: 'server-reset', code });
  }

  #onCutAnswer(code: number | null): void {
    const end: ExchangeEnd = { kind: 'server-reset', code };
    this.#attempt = null;
    this.body.detach();
    if (code !== null || !this.#head.isGrpc) {
      this.#resetClient(code === null ? ErrorCode.internalError : forwardedCode(code), end);
      return;
    }
    this.#outcome = end;
    this.#sendHeldHead(false);
    this.client.sendTrailers(grpcTrailers(GRPC_UNAVAILABLE, 'the connection to the server closed'));
  }

  // === the answer

  onAnswerHead(section: FieldSection, endStream: boolean): void {
    const attempt = this.#attempt;
    const exchange = this.#exchange;
    if (attempt === null || exchange === null) return;
    const parts = section.isTooLarge ? 'the head is too large' : checkResponse(section.fields);
    if (typeof parts === 'string') return this.#onMalformedAnswer(attempt, parts);
    if (parts.status < 200) {
      if (endStream) return this.#onMalformedAnswer(attempt, 'an interim answer ends the stream');
      this.client.sendHead(section.fields, false);
      return;
    }
    const hasBody = this.#head.method !== 'HEAD' && parts.status !== 204 && parts.status !== 304;
    if (hasBody && endStream && parts.contentLength > 0) {
      return this.#onMalformedAnswer(attempt, 'the body is shorter than content-length');
    }
    attempt.onFinalHead(hasBody ? parts.contentLength : -1);
    const verdict = exchange.responseHead(
      new Http2ResponseHead(parts.status, section.fields),
      this.#canReplay,
    );
    if (verdict === 'retry') {
      this.#dropAttempt(ErrorCode.cancel);
      this.#tryAgain(exchange);
      return;
    }
    const answer = answerFields(section.fields, exchange.endpoint);
    const edit = exchange.answerEdit ?? null;
    this.#heldHead = edit === null ? answer : editFields(answer, edit, null);
    if (verdict === 'forward' || endStream) {
      if (endStream) this.#noteFirstByte();
      this.#sendHeldHead(endStream);
    }
  }

  #onMalformedAnswer(attempt: RequestAttempt, reason: string): void {
    attempt.cancel(ErrorCode.protocolError);
    this.onAttemptFailed({
      kind: 'broken',
      error: new Error(`the answer is malformed: ${reason}`),
    });
  }

  #sendHeldHead(endStream: boolean): void {
    const fields = this.#heldHead;
    if (fields === null) return;
    this.#heldHead = null;
    this.#hasAnswered = true;
    this.client.sendHead(fields, endStream);
  }

  onAnswerData(chunk: Buffer): void {
    this.#noteFirstByte();
    this.#sendHeldHead(false);
    this.#exchange?.responseBytes(chunk.length);
    this.#exchange?.bodyTap?.response(chunk);
    this.client.send(chunk);
  }

  onAnswerTrailers(fields: readonly HeaderField[]): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    const canRetry = this.#heldHead !== null && this.#canReplay;
    const verdict = exchange.responseTrailers(fieldPairs(fields), canRetry);
    if (verdict === 'retry' && canRetry) {
      this.#heldHead = null;
      this.#dropAttempt(ErrorCode.cancel);
      this.#tryAgain(exchange);
      return;
    }
    this.#noteFirstByte();
    this.#sendHeldHead(false);
    this.client.sendTrailers(fields);
  }

  onAnswerEnd(): void {
    this.#noteFirstByte();
    if (this.#heldHead === null) this.client.end();
    else this.#sendHeldHead(true);
  }

  #noteFirstByte(): void {
    if (this.#hasFirstByte) return;
    this.#hasFirstByte = true;
    this.#exchange?.firstBodyByte();
  }

  // === answers of our own

  /** Answers instead of an endpoint. */
  #refuse(refusal: Refusal): void {
    this.#answerAlone(refusalFields(refusal, this.#head.isGrpc), { kind: 'refused', refusal });
  }

  #answerAlone(fields: readonly HeaderField[], outcome: ExchangeEnd): void {
    this.#dropAttempt(ErrorCode.cancel);
    this.#outcome = outcome;
    this.#heldHead = null;
    this.#hasAnswered = true;
    this.#bodyIsUnwanted = true;
    this.client.sendHead(fields, true);
  }

  #onTimeout(): void {
    if (this.#isOver) return;
    if (!this.#hasAnswered) {
      this.#answerAlone(refusalFields(timeoutRefusal(this.#peer), this.#head.isGrpc), TIMED_OUT);
      return;
    }
    this.#dropAttempt(ErrorCode.cancel);
    if (this.#head.isGrpc && !this.client.endQueued) {
      this.#outcome = TIMED_OUT;
      this.#bodyIsUnwanted = true;
      this.client.sendTrailers(grpcTrailers(GRPC_DEADLINE_EXCEEDED, TIMEOUT_TEXT));
      return;
    }
    this.#resetClient(ErrorCode.cancel, TIMED_OUT);
  }

  #resetClient(code: number, end: ExchangeEnd): void {
    this.client.reset(code);
    this.#finish(end);
  }

  /** Exactly once. */
  #finish(end: ExchangeEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#outcome = end;
    if (this.#timer !== null) exchangeWheel.cancel(this.#timer);
    this.#exchange?.end(end);
  }

  // === the client's stream

  onHead(): void {
    // A server's streams get their head with onRequest.
  }

  onData(chunk: Buffer): void {
    this.#exchange?.bodyTap?.request(chunk);
    this.#exchange?.requestBytes?.(chunk.length);
    if (this.#bodyIsUnwanted) this.client.consumed(chunk.length);
    else this.body.add(chunk);
  }

  onTrailers(fields: readonly HeaderField[]): void {
    this.body.end(fields);
    this.#exchange?.requestSent?.();
  }

  onEnd(): void {
    this.body.end(null);
    this.#exchange?.requestSent?.();
  }

  onReset(code: number | null): void {
    this.#dropAttempt(ErrorCode.cancel);
    this.#finish({ kind: 'client-reset', code });
  }

  onSent(bytes: number): void {
    this.#attempt?.consumed(bytes);
  }

  onSendEnd(): void {
    this.#finish(this.#outcome);
    if (this.#bodyIsUnwanted && !this.client.remoteEnded) this.client.reset(ErrorCode.noError);
  }

  /** The endpoint took its stream back after a complete answer. */
  onBodyUnwanted(): void {
    this.#bodyIsUnwanted = true;
    this.body.detach();
    if (this.client.localEnded && !this.client.remoteEnded) this.client.reset(ErrorCode.noError);
  }
}
