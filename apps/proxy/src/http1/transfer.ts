/**
 * One request's way through the proxy: attempts at endpoints, the request's body up, the answer down. A connection has one
 * while a request is under way, and gives it back for the next request of any connection.
 *
 *   start → attempt → (dial) → send → response head → body → done
 *              ↑________ retry ________|
 */
import { performance } from 'node:perf_hooks';
import type { CodecContext } from '../stack/connection.ts';
import { DialError } from '../stack/connection.ts';
import type { AttemptFailure, Exchange, ExchangeControl, Refusal } from '../stack/http-service.ts';
import { dialTimingOf } from '../connect/dial-timing.ts';
import { send } from '../connect/lean-socket.ts';
import { BodyFraming } from './body-framing.ts';
import type { ClientSide } from './client-side.ts';
import { FAULTY } from './field-table.ts';
import { EditCompiler, forwardHead, slice } from './head-forwarding.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import { ResponseReader } from './response-reader.ts';
import { TimerEntry } from '../stack/timer-wheel.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';
import { UpstreamPool } from './upstream-pool.ts';
import { exchangeWheel } from '../stack/wheels.ts';

const NO_BYTES = Buffer.alloc(0);
const CONNECTION_UPGRADE = Buffer.from('connection: upgrade\r\n');
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);
/** Our own fault: the service threw. */
export const BROKEN_SERVICE: Refusal = {
  kind: 'refusal',
  status: 500,
  proxyError: 'internal error',
  tellClient: true,
};
const TIMED_OUT: Refusal = {
  kind: 'refusal',
  status: 504,
  proxyError: 'request timed out',
  tellClient: true,
};

export class Transfer implements UpstreamUser, ExchangeControl {
  #client: ClientSide | null = null;
  upstream: UpstreamConnection | null = null;
  readonly #context: CodecContext;
  readonly #requestBody: BodyFraming;
  readonly #replay = new ReplayBuffer();
  readonly #edits = new EditCompiler();
  readonly #response: ResponseReader;
  readonly #timer = new TimerEntry(() => this.#timedOut());
  #exchange: Exchange | null = null;
  /** Grows with each exchange and attempt: an answer to an older one is ignored. */
  #generation = 0;
  #hasSentBody = false;
  #retriedStale = false;

  constructor(context: CodecContext) {
    const { maxHeadBytes, maxHeaderFields } = context.limits;
    this.#context = context;
    this.#requestBody = new BodyFraming(maxHeadBytes, maxHeaderFields);
    this.#response = new ResponseReader(this, context.limits);
  }

  get exchange(): Exchange {
    if (this.#exchange === null) throw new Error('No exchange is under way.');
    return this.#exchange;
  }

  get client(): ClientSide {
    if (this.#client === null) throw new Error('No client is served.');
    return this.#client;
  }

  /** Lets go of the client once the exchange has ended. */
  release(): void {
    this.#client = null;
  }

  /** The client's request is read to its end. */
  get isRequestDone(): boolean {
    return this.#requestBody.done;
  }

  /** True while the request can be sent again from its start. */
  get canRetry(): boolean {
    return this.#replay.intact && !this.#response.isForwarded;
  }

  /** Starts on the request the client's head holds. Its body, if any, is what `client.buffer` has from `client.pos` on. */
  start(client: ClientSide, exchange: Exchange): void {
    const { request } = client;
    this.#client = client;
    this.#exchange = exchange;
    this.#hasSentBody = false;
    this.#retriedStale = false;
    this.#replay.reset(exchange.replayBytes);
    const isChunked = request.contentLength === -1;
    this.#requestBody.begin(isChunked ? 'chunked' : 'length', request.contentLength);
    this.#response.begin();
    if (exchange.timeoutMs > 0) {
      exchangeWheel.schedule(this.#timer, performance.now() + exchange.timeoutMs);
    }
    exchange.watch?.(this);
    this.#attempt(false);
  }

  /** More of the client's bytes are in `client.buffer`: passes on what belongs to this request. */
  pump(): void {
    const { client, upstream } = this;
    if (upstream === null || this.#requestBody.done || client.pos === client.buffer.length) return;
    const end = this.#requestBody.advance(client.buffer, client.pos, client.buffer.length);
    if (end === FAULTY) {
      this.#malformedBody();
      return;
    }
    const body = slice(client.buffer, client.pos, end);
    client.pos = end;
    this.#hasSentBody = true;
    this.#replay.add(body);
    this.exchange.bodyTap?.request(body);
    this.exchange.requestBytes?.(body.length);
    if (send(upstream.socket, body)) client.releaseReading();
    else client.holdReading();
    this.#noteSent();
  }

  #noteSent(): void {
    if (this.#requestBody.done) this.#exchange?.requestSent?.();
  }

  giveUpAttempt(failure: AttemptFailure): void {
    if (this.#exchange === null || this.#response.isForwarded) return;
    this.#releaseUpstream(false);
    this.#generation += 1;
    this.#attemptFailed(failure, this.canRetry);
  }

  timeOut(): void {
    this.#timedOut();
  }

  /** The client connection is gone. */
  clientGone(): void {
    if (this.#exchange === null) return;
    const exchange = this.#finish();
    this.#releaseUpstream(false);
    exchange.end({ kind: 'client-reset', code: null });
  }

  clientDrained(): void {
    if (this.upstream?.socket.isPaused() === true) this.upstream.socket.resume();
  }

  /** Tries again at the exchange's (next) endpoint; what this attempt was answered is thrown away. */
  retry(): void {
    this.#releaseUpstream(false);
    this.#response.begin();
    const delayMs = this.exchange.retryDelayMs ?? 0;
    if (delayMs === 0) this.#attempt(false);
    else this.#attemptAfter(delayMs);
  }

  #attemptAfter(delayMs: number): void {
    this.#generation += 1;
    const generation = this.#generation;
    setTimeout(() => {
      if (generation === this.#generation) this.#attempt(false);
    }, delayMs).unref();
  }

  /** The answer has gone to the client whole. */
  complete(isReusable: boolean, close: boolean): void {
    const { isHttp10 } = this.client.request;
    const isRequestDone = this.#requestBody.done;
    const exchange = this.#finish();
    this.#releaseUpstream(isReusable && isRequestDone && !isHttp10);
    exchange.end({ kind: 'complete' });
    this.client.exchangeDone(close || !isRequestDone);
  }

  /** The answer broke off after part of it had been forwarded: the client must not take it for whole. */
  brokenOff(): void {
    const exchange = this.#finish();
    this.#releaseUpstream(false);
    exchange.end({ kind: 'server-reset', code: null });
    this.client.destroy();
  }

  /** The server's bytes are no HTTP. Never tried again: another attempt would be answered alike. */
  malformedResponse(reason: string): void {
    this.#releaseUpstream(false);
    const error = new Error(`The server's response is malformed: ${reason}.`);
    this.#attemptFailed({ kind: 'broken', error }, false);
  }

  /** The connection becomes a tunnel: hands both sockets over. `rest` follows the head from the server. */
  tunnel(rest: Buffer): void {
    const { upstream } = this;
    if (upstream === null) return;
    const exchange = this.#finish();
    this.upstream = null;
    this.client.tunnel(upstream.detach(), rest, exchange);
  }

  upstreamData(chunk: Buffer): void {
    this.#response.read(chunk);
  }

  upstreamDrained(): void {
    this.client.releaseReading();
  }

  upstreamEnded(): void {
    if (this.#response.isForwarded) {
      this.#response.endOfStream();
      return;
    }
    this.#broken(new Error('The server closed the connection before it answered.'));
  }

  upstreamClosed(error: Error | null): void {
    if (this.#exchange === null) return;
    if (this.#response.isForwarded) this.brokenOff();
    else this.#broken(error ?? new Error('The server closed the connection before it answered.'));
  }

  #attempt(isFresh: boolean): void {
    const { endpoint } = this.exchange;
    const pool = UpstreamPool.of(endpoint, this.#context);
    const idle = isFresh ? null : pool.lease();
    if (idle !== null) {
      this.#send(idle);
      return;
    }
    void this.#dial(pool);
  }

  async #dial(pool: UpstreamPool): Promise<void> {
    this.#generation += 1;
    const generation = this.#generation;
    let connection: UpstreamConnection;
    try {
      connection = pool.adopt(await this.#context.dial(this.exchange.endpoint, 'http1'));
    } catch (reason) {
      if (generation === this.#generation) this.#attemptFailed(failureOf(reason), true);
      return;
    }
    if (generation !== this.#generation) {
      connection.giveBack();
      return;
    }
    const timing = dialTimingOf(connection.socket);
    if (timing !== null) this.exchange.dialed?.(timing);
    this.#send(connection);
  }

  /** Writes the head, and the body as far as it is here, in one piece where they lie in one. */
  #send(upstream: UpstreamConnection): void {
    const { client } = this;
    const { request } = client;
    this.upstream = upstream;
    upstream.lend(this);
    const edit = this.#edits.compile(this.exchange.headerEdit);
    const extra = request.isUpgrade ? CONNECTION_UPGRADE : NO_BYTES;
    const inOnePiece = !this.#hasSentBody && client.buffer === request.table.buffer;
    if (!inOnePiece) {
      upstream.socket.cork();
      upstream.socket.write(forwardHead(request, edit, request.isUpgrade, extra, request.end));
      for (const chunk of this.#replay.chunks) upstream.socket.write(chunk);
      this.pump();
      upstream.socket.uncork();
      this.#noteSent();
      return;
    }
    const bodyEnd = this.#requestBody.done
      ? request.end
      : this.#requestBody.advance(client.buffer, request.end, client.buffer.length);
    if (bodyEnd === FAULTY) {
      this.#malformedBody();
      return;
    }
    client.pos = bodyEnd;
    if (bodyEnd > request.end) {
      this.#hasSentBody = true;
      const body = client.buffer.subarray(request.end, bodyEnd);
      this.#replay.add(body);
      this.exchange.bodyTap?.request(body);
      this.exchange.requestBytes?.(body.length);
    }
    const bytes = forwardHead(request, edit, request.isUpgrade, extra, bodyEnd);
    if (!send(upstream.socket, bytes) && !this.#requestBody.done) client.holdReading();
    this.#noteSent();
  }

  #broken(error: Error): void {
    const stale = this.upstream?.isReused === true && this.#response.isUntouched;
    this.#releaseUpstream(false);
    const isSafe = IDEMPOTENT.has(this.client.request.method) && this.canRetry;
    if (stale && isSafe && !this.#retriedStale) {
      this.#retriedStale = true;
      this.#response.begin();
      this.#attempt(true);
      return;
    }
    this.#attemptFailed({ kind: 'broken', error }, this.canRetry);
  }

  #attemptFailed(failure: AttemptFailure, canRetry: boolean): void {
    const answer = this.exchange.attemptFailed(failure, canRetry);
    if (answer instanceof Promise) void this.#later(answer);
    else this.#next(answer);
  }

  async #later(answer: Promise<'retry' | Refusal>): Promise<void> {
    this.#generation += 1;
    const generation = this.#generation;
    const next = await answer.catch(() => BROKEN_SERVICE);
    if (generation === this.#generation) this.#next(next);
  }

  #next(answer: 'retry' | Refusal): void {
    if (answer === 'retry') this.retry();
    else this.#refuse(answer);
  }

  #refuse(refusal: Refusal): void {
    const exchange = this.#finish();
    exchange.end({ kind: 'refused', refusal });
    this.client.answer(refusal, this.#requestBody.done);
  }

  /** The request's own chunk framing broke after its head had been sent on: the server never gets its end. */
  #malformedBody(): void {
    const { fault } = this.#requestBody;
    const exchange = this.#finish();
    this.#releaseUpstream(false);
    exchange.end({ kind: 'client-reset', code: null });
    if (this.#response.isForwarded) this.client.destroy();
    else this.client.answerMalformed(fault);
  }

  #timedOut(): void {
    if (this.#exchange === null) return;
    const exchange = this.#finish();
    this.#releaseUpstream(false);
    exchange.end({ kind: 'timeout' });
    if (this.#response.isForwarded) this.client.destroy();
    else this.client.answer(TIMED_OUT, this.#requestBody.done);
  }

  #finish(): Exchange {
    const exchange = this.exchange;
    this.#exchange = null;
    this.#generation += 1;
    this.#timer.deadlineMs = Infinity;
    this.#replay.reset(0);
    return exchange;
  }

  #releaseUpstream(isReusable: boolean): void {
    const { upstream } = this;
    this.upstream = null;
    this.client.releaseReading();
    if (upstream === null) return;
    if (isReusable) upstream.giveBack();
    else upstream.discard();
  }
}

function failureOf(reason: unknown): AttemptFailure {
  if (reason instanceof DialError) return reason.failure;
  return { kind: 'connect', error: reason instanceof Error ? reason : new Error(String(reason)) };
}
