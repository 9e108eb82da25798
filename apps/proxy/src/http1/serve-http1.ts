/** HTTP/1 on an accepted connection: reads requests one after another and answers them in order. */
import type { Socket } from 'node:net';
import type { CodecContext, ServeHttp, ServedConnection } from '../stack/connection.ts';
import type { Exchange, HttpService, Peer, Refusal } from '../stack/http-service.ts';
import { isBlocked, readWith, send, stopReadingWith } from '../connect/lean-socket.ts';
import { isCarriable } from '../orig-proto/carried-fields.ts';
import { CarriedRequest } from '../orig-proto/carried-request.ts';
import { takesCarried } from '../orig-proto/orig-proto.ts';
import { abort, splice } from '../tcp/splice.ts';
import type { ClientSide } from './client-side.ts';
import { FAULTS } from './fault.ts';
import type { Fault } from './fault.ts';
import { FAULTY, INCOMPLETE } from './field-table.ts';
import { refusalHead } from './refusal-head.ts';
import { StallWatch } from './stall-watch.ts';
import { Http1RequestHead } from './request-head.ts';
import { TimerEntry } from '../stack/timer-wheel.ts';
import { BROKEN_SERVICE, Transfer } from './transfer.ts';
import { TransferPool } from './transfer-pool.ts';
import { connectionWheel } from '../stack/wheels.ts';

const NO_BYTES = Buffer.alloc(0);
const LF = 10;
/** Pipelined requests wait here while one is under way; past it the client is not read. */
const MAX_UNREAD_BYTES = 64 * 1024;
/** After an answer that closes, what the client still sends is read and dropped this long, lest a reset eat the answer. */
const LINGER_MS = 1000;
/** A draining connection without request waits this long for one that is on its way, and answers that. */
const DRAIN_IDLE_MS = 500;
/** Serves HTTP/1.0 and 1.1 (RFC 9112). Malformed requests are counted, answered and their connection closed. */
export const serveHttp1: ServeHttp = (socket, firstBytes, peer, service, context) => {
  const connection = new Http1Connection(socket, peer, service, context);
  connection.start(firstBytes);
  return connection;
};

/**
 * head: between requests or in a head; begin: the service is deciding; exchange: a request is under way; tunnel: bytes only;
 * lingering: answered for the last time; closed.
 */
type State = 'head' | 'begin' | 'exchange' | 'tunnel' | 'lingering' | 'closed';

class Http1Connection implements ServedConnection, ClientSide {
  readonly request: Http1RequestHead;
  buffer: Buffer = NO_BYTES;
  pos = 0;
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #peer: Peer;
  readonly #service: HttpService;
  readonly #context: CodecContext;
  readonly #transfers: TransferPool;
  /** What carries the request under way. */
  #running: Transfer | CarriedRequest | null = null;
  readonly #timer = new TimerEntry(() => this.#timedOut());
  #tunnelled: Socket | null = null;
  /** Set while the client has more to send or to read than it does. */
  #stall: StallWatch | null = null;
  #state: State = 'head';
  #isHeadStarted = false;
  #isAdvancing = false;
  #isDraining = false;
  #hasClientEnded = false;
  #isHeld = false;
  #resolveClosed: () => void = () => {};

  constructor(socket: Socket, peer: Peer, service: HttpService, context: CodecContext) {
    this.#socket = socket;
    this.#peer = peer;
    this.#service = service;
    this.#context = context;
    this.request = new Http1RequestHead(
      context.limits.maxHeadBytes,
      context.limits.maxHeaderFields,
    );
    this.#transfers = TransferPool.of(context);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  start(firstBytes: Buffer): void {
    const socket = this.#socket;
    readWith(socket, this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
    socket.on('error', () => {});
    socket.on('close', this.#onClose);
    if (socket.destroyed) {
      this.#onClose();
      return;
    }
    this.#armIdle();
    if (firstBytes.length > 0) this.#onData(firstBytes);
    // The client may have ended its side while the protocol was detected.
    if (socket.readableEnded) this.#onEnd();
    else if (!this.#isHeld) socket.resume();
  }

  drain(): void {
    this.#isDraining = true;
    if (this.#state !== 'head' || this.#isHeadStarted || this.#stall !== null) return;
    connectionWheel.schedule(this.#timer, this.#context.now() + DRAIN_IDLE_MS);
  }

  destroy(): void {
    this.#socket.destroy();
    this.#tunnelled?.destroy();
  }

  get mustClose(): boolean {
    return this.#isDraining || this.request.isHttp10 || this.request.connection.close;
  }

  write(bytes: Buffer): boolean {
    const hasRoom = send(this.#socket, bytes);
    if (!hasRoom) this.#watch();
    return hasRoom;
  }

  holdReading(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#socket.pause();
  }

  releaseReading(): void {
    if (!this.#isHeld || this.buffer.length - this.pos > MAX_UNREAD_BYTES) return;
    this.#isHeld = false;
    this.#socket.resume();
  }

  exchangeDone(close: boolean): void {
    this.#letGo();
    if (close || this.#isDraining) {
      this.#close();
      return;
    }
    this.#state = 'head';
    this.#isHeadStarted = false;
    if (this.pos === this.buffer.length) this.#dropRead();
    this.#armBetween();
    this.releaseReading();
    this.#next();
  }

  answer(refusal: Refusal, isRequestDone: boolean): void {
    const close = !isRequestDone || this.mustClose;
    const proxyError = refusal.tellClient ? refusal.proxyError : null;
    send(this.#socket, refusalHead(refusal.status, proxyError, close, refusal.fields));
    this.exchangeDone(close);
  }

  answerMalformed(fault: Fault): void {
    this.#service.countMalformed(fault.status, fault.reason);
    send(this.#socket, refusalHead(fault.status, null, true));
    this.#close();
  }

  tunnel(upstream: Socket, rest: Buffer, exchange: Exchange): void {
    this.#state = 'tunnel';
    this.#tunnelled = upstream;
    this.#letGo();
    connectionWheel.cancel(this.#timer);
    this.#stall = null;
    const socket = this.#socket;
    stopReadingWith(socket, this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('drain', this.#onDrain);
    socket.pause();
    const firstBytes = this.buffer.subarray(this.pos);
    this.buffer = NO_BYTES;
    this.pos = 0;
    splice(
      { socket, firstBytes },
      { socket: upstream, firstBytes: rest },
      () => exchange.end({ kind: 'complete' }),
      (count) => exchange.responseBytes(count),
    );
  }

  readonly #onData = (chunk: Buffer): void => {
    const isFresh = this.pos === this.buffer.length;
    if (isFresh) {
      this.buffer = chunk;
      this.pos = 0;
    } else {
      this.buffer = Buffer.concat([this.buffer.subarray(this.pos), chunk]);
      this.pos = 0;
    }
    switch (this.#state) {
      case 'head':
        // A head cannot end, nor be found faulty, without a line's end; short of the limit nothing needs scanning again.
        if (isFresh || chunk.includes(LF) || this.#isHeadOverLimit) this.#next();
        return;
      case 'exchange':
        this.#running?.pump();
        this.#boundUnread();
        return;
      case 'begin':
        this.#boundUnread();
        return;
      case 'lingering':
      case 'closed':
        this.buffer = NO_BYTES;
        this.pos = 0;
        return;
      case 'tunnel':
    }
  };

  get #isHeadOverLimit(): boolean {
    return this.buffer.length - this.pos > this.#context.limits.maxHeadBytes;
  }

  #boundUnread(): void {
    if (this.buffer.length - this.pos > MAX_UNREAD_BYTES) this.holdReading();
  }

  /** Takes requests from the buffer while there are whole ones and nothing is under way. */
  #next(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (this.#state === 'head' && this.pos < this.buffer.length) {
      // A client that sends requests and reads no answers waits.
      if (isBlocked(this.#socket)) {
        this.holdReading();
        this.#watch();
        break;
      }
      if (!this.#readHead()) break;
    }
    this.#isAdvancing = false;
    if (this.#state === 'head' && this.#hasClientEnded && !this.#isHeld) this.#close();
  }

  /** False when there is no whole request to take. */
  #readHead(): boolean {
    const end = this.request.scan(this.buffer, this.pos, this.buffer.length);
    if (end === INCOMPLETE) {
      if (!this.#isHeadStarted) this.#armHead();
      return false;
    }
    if (end === FAULTY) {
      this.answerMalformed(this.request.fault);
      return false;
    }
    this.pos = end;
    this.#state = 'begin';
    this.#timer.deadlineMs = Infinity;
    this.#stall = null;
    const begun = this.#begin();
    if (begun instanceof Promise) void this.#beginsLater(begun);
    else this.#begun(begun);
    return true;
  }

  /** One request that the service cannot take must not end the process for all. */
  #begin(): ReturnType<HttpService['begin']> {
    try {
      return this.#service.begin(this.request, this.#peer);
    } catch {
      return BROKEN_SERVICE;
    }
  }

  async #beginsLater(begun: Promise<Exchange | Refusal>): Promise<void> {
    this.#begun(await begun.catch(() => BROKEN_SERVICE));
  }

  #begun(result: Exchange | Refusal): void {
    if (this.#state === 'closed') {
      if (result.kind === 'exchange') result.end({ kind: 'client-reset', code: null });
      return;
    }
    this.#state = 'exchange';
    if (result.kind === 'refusal') {
      this.answer(result, this.request.contentLength === 0);
      return;
    }
    this.#run(result);
    if (this.#isBodyDue) this.#watch();
  }

  #run(exchange: Exchange): void {
    const { endpoint } = exchange;
    if (takesCarried(endpoint) && isCarriable(this.request, this.#context.limits)) {
      const carried = new CarriedRequest(this, this.#peer, this.#context);
      this.#running = carried;
      carried.start(exchange);
      return;
    }
    const transfer = this.#transfers.take();
    this.#running = transfer;
    transfer.start(this, exchange);
  }

  /** Part of the request under way is still to come from the client. */
  get #isBodyDue(): boolean {
    return this.#state === 'exchange' && this.#running?.isRequestDone === false;
  }

  /** What carried the request has ended. */
  #letGo(): void {
    if (this.#running instanceof Transfer) this.#transfers.giveBack(this.#running);
    this.#running = null;
  }

  #armIdle(): void {
    const { limits, now } = this.#context;
    connectionWheel.schedule(this.#timer, now() + limits.clientIdleTimeoutMs);
  }

  #armHead(): void {
    this.#isHeadStarted = true;
    const { limits, now } = this.#context;
    connectionWheel.schedule(this.#timer, now() + limits.headTimeoutMs);
  }

  /** All that was read is done with: a small chunk would keep the whole block it was cut from. */
  #dropRead(): void {
    this.buffer = NO_BYTES;
    this.pos = 0;
    this.request.table.buffer = NO_BYTES;
  }

  /** Between requests: the next one may take its time, the answers before it may not lie unread. */
  #armBetween(): void {
    this.#stall = null;
    if (isBlocked(this.#socket)) this.#watch();
    else if (this.#isHeadStarted) this.#armHead();
    else this.#armIdle();
  }

  /** From here on the client has to make progress. */
  #watch(): void {
    if (this.#stall !== null || this.#state === 'closed') return;
    this.#stall = new StallWatch(this.#socket);
    this.#armCheck();
  }

  #armCheck(): void {
    const periodMs = StallWatch.periodMs(this.#context.limits.headTimeoutMs);
    connectionWheel.schedule(this.#timer, this.#context.now() + periodMs);
  }

  #timedOut(): void {
    if (this.#stall !== null) this.#checkStall(this.#stall);
    else if (this.#state === 'lingering') this.#socket.destroy();
    else if (this.#state === 'head') {
      if (this.#isHeadStarted) this.answerMalformed(FAULTS.headTimeout);
      else this.#close();
    }
  }

  #checkStall(stall: StallWatch): void {
    const isUnread = isBlocked(this.#socket);
    const isUnsent = this.#isBodyDue;
    if (!isUnread && !isUnsent) {
      this.#stall = null;
      if (this.#state === 'head') this.#armBetween();
      else if (this.#state === 'lingering') this.#socket.destroy();
      return;
    }
    if (!isUnread && this.#isExcused(stall)) stall.excuse();
    if (!stall.isStalled()) this.#armCheck();
    else if (isUnread) this.#cutOff(FAULTS.readTimeout);
    else this.#bodyStalled(stall);
  }

  /** The body does not come because the server takes no more of it, or has not answered `expect: 100-continue`. */
  #isExcused(stall: StallWatch): boolean {
    if (this.#isHeld) return true;
    return stall.isUnanswered && !stall.hasRead && this.request.header('expect') !== undefined;
  }

  #bodyStalled(stall: StallWatch): void {
    if (!stall.isUnanswered) {
      this.#cutOff(FAULTS.bodyTimeout);
      return;
    }
    this.#stall = null;
    this.#running?.clientGone();
    this.answerMalformed(FAULTS.bodyTimeout);
  }

  /** Too late for an answer. */
  #cutOff(fault: Fault): void {
    this.#service.countMalformed(fault.status, fault.reason);
    abort(this.#socket);
  }

  #close(): void {
    if (this.#state === 'closed' || this.#state === 'lingering') return;
    this.#state = 'lingering';
    this.buffer = NO_BYTES;
    this.pos = 0;
    this.#isHeld = false;
    this.#socket.resume();
    this.#socket.end();
    if (this.#hasClientEnded) this.#socket.destroySoon();
    // What is still unread may take as long as it moves; a client that has all of it gets a moment to close.
    if (isBlocked(this.#socket)) this.#watch();
    else connectionWheel.schedule(this.#timer, this.#context.now() + LINGER_MS);
  }

  readonly #onEnd = (): void => {
    this.#hasClientEnded = true;
    switch (this.#state) {
      case 'head':
        this.#next();
        return;
      case 'exchange':
        // Half-closed after a whole request: it is still answered.
        if (this.#isBodyDue) this.#socket.destroy();
        return;
      case 'begin':
        if (this.request.contentLength !== 0) this.#socket.destroy();
        return;
      case 'lingering':
        this.#socket.destroySoon();
        return;
      case 'tunnel':
      case 'closed':
    }
  };

  readonly #onDrain = (): void => {
    if (this.#state === 'exchange') this.#running?.clientDrained();
    else if (this.#state === 'head') {
      this.#armBetween();
      this.releaseReading();
      this.#next();
    }
  };

  readonly #onClose = (): void => {
    connectionWheel.cancel(this.#timer);
    if (this.#state !== 'tunnel') {
      this.#state = 'closed';
      this.#running?.clientGone();
    }
    this.#letGo();
    this.#resolveClosed();
  };
}
