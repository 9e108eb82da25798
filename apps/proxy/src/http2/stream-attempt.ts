import type { DialTiming } from '../stack/connection.ts';
import type { AttemptFailure, Exchange } from '../stack/http-service.ts';
import type { Http2Connection } from './connection.ts';
import type { FieldSection } from './hpack/decoder.ts';
import type { HeaderField } from './hpack/header-field.ts';
import type { RequestBody } from './request-body.ts';
import type { AttemptUser, RequestAttempt } from './request-sides.ts';
import type { SessionPool, SessionWaiter } from './session-pool.ts';
import type { Http2Stream, StreamHandler } from './stream.ts';

/** Whose request is tried. */
export interface StreamAttemptUser extends AttemptUser {
  readonly body: RequestBody;
  /** Opens the stream: writes the request's head. */
  openOn(session: Http2Connection, exchange: Exchange): Http2Stream;
}

/** One try at an endpoint: waits for a session, then handles the stream on it. */
export class StreamAttempt implements StreamHandler, SessionWaiter, RequestAttempt {
  stream: Http2Stream | null = null;
  readonly #user: StreamAttemptUser;
  readonly #exchange: Exchange;
  readonly #pool: SessionPool;
  #isCancelled = false;
  #hasEnded = false;

  constructor(user: StreamAttemptUser, exchange: Exchange, pool: SessionPool) {
    this.#user = user;
    this.#exchange = exchange;
    this.#pool = pool;
  }

  onSession(session: Http2Connection, dial: DialTiming | null): void {
    if (dial !== null) this.#user.onDialed(dial);
    const stream = this.#user.openOn(session, this.#exchange);
    this.stream = stream;
    stream.handler = this;
    this.#user.body.attach(stream);
  }

  onNoSession(failure: AttemptFailure): void {
    this.#user.onAttemptFailed(failure);
  }

  /** Nothing more is heard of it. */
  cancel(code: number): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    if (this.stream === null) this.#pool.cancel(this);
    else this.stream.reset(code);
  }

  consumed(bytes: number): void {
    this.stream?.consumed(bytes);
  }

  onFinalHead(contentLength: number): void {
    const { stream } = this;
    if (stream === null) return;
    stream.hasHead = true;
    stream.bodyBytesLeft = contentLength;
  }

  onHead(section: FieldSection, endStream: boolean): void {
    if (this.#isCancelled) return;
    if (endStream) this.#hasEnded = true;
    this.#user.onAnswerHead(section, endStream);
  }

  onData(chunk: Buffer): void {
    if (this.#isCancelled) this.stream?.consumed(chunk.length);
    else this.#user.onAnswerData(chunk);
  }

  onTrailers(fields: readonly HeaderField[]): void {
    this.#hasEnded = true;
    if (!this.#isCancelled) this.#user.onAnswerTrailers(fields);
  }

  onEnd(): void {
    this.#hasEnded = true;
    if (!this.#isCancelled) this.#user.onAnswerEnd();
  }

  onReset(code: number | null, isUnprocessed: boolean): void {
    if (this.#isCancelled) return;
    if (this.#hasEnded) this.#user.onBodyUnwanted();
    else this.#user.onAttemptReset(code, isUnprocessed);
  }

  onSent(bytes: number): void {
    if (!this.#isCancelled) this.#user.body.sent(bytes);
  }

  onSendEnd(): void {
    // The answer tells how the exchange ends.
  }
}
