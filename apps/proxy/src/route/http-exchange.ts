import type { AnswerVerdict } from '../balance/failure-breaker.ts';
import type { LiveEndpoint } from '../balance/live-endpoint.ts';
import type { RequestMetrics, ResponseOutcome } from '../observe/request-metrics.ts';
import type { RequestTap, TapEnd } from '../observe/tap/request-tap.ts';
import type { DialTiming } from '../stack/connection.ts';
import type {
  AttemptFailure,
  BodyTap,
  Exchange,
  ExchangeControl,
  ExchangeEnd,
  HeaderEdit,
  Refusal,
  ResponseHead,
  Verdict,
} from '../stack/http-service.ts';
import { backoffMs } from '../control/backoff.ts';
import { isFailure, parseGrpcStatus } from './classify.ts';
import type { ExchangeObserver } from './exchange-observer.ts';
import { ExchangeTimers } from './exchange-timers.ts';
import type { InFlight } from './in-flight.ts';
import type { ErrorKind } from './refusals.ts';
import { refuse, refuseFailure } from './refusals.ts';
import { resetName } from './reset-name.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { RetryRule } from './retry-rule.ts';
import type { Route } from './route.ts';

/** What exchanges share: their target's side. */
export interface ExchangeOwner {
  readonly inFlight: InFlight;
  /** Null: no retries. */
  readonly budget: RetryBudget | null;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Another endpoint for the next attempt; null when none is ready. */
  pickAgain(): LiveEndpoint | null;
  countError(kind: ErrorKind): void;
}

export interface ExchangeParts {
  readonly owner: ExchangeOwner;
  readonly route: Route;
  readonly endpoint: LiveEndpoint;
  /** Where attempts are counted; an endpoint's own where it has them. */
  readonly metrics: RequestMetrics;
  readonly headerEdit: HeaderEdit;
  readonly isGrpc: boolean;
  readonly tellClient: boolean;
  readonly tap: RequestTap | null;
  /** Null where no policy rules. */
  readonly observer: ExchangeObserver | null;
}

/** Body bytes kept so that a retryable request can be sent again (linkerd2-proxy: 64 KiB). */
const REPLAY_BYTES = 64 * 1024;
const GRPC_RESOURCE_EXHAUSTED = 8;
/** Endpoints tried for one request when connecting fails; nothing was sent, so trying costs only time. */
const MAX_CONNECT_ATTEMPTS = 3;

/** One request on its way: counts it, decides on retries, tells the tap. Made on the hot path, one shape. */
export class HttpExchange implements Exchange {
  readonly kind = 'exchange';
  endpoint: LiveEndpoint;
  readonly timeoutMs: number;
  readonly replayBytes: number;
  headerEdit: HeaderEdit;
  answerEdit: HeaderEdit | null = null;
  retryDelayMs = 0;
  bodyTap: BodyTap | null;
  readonly #owner: ExchangeOwner;
  readonly #route: Route;
  readonly #isGrpc: boolean;
  readonly #tellClient: boolean;
  readonly #observer: ExchangeObserver | null;
  /** Null for nearly all. */
  readonly #timers: ExchangeTimers | null;
  readonly #startedAtMs: number;
  #metrics: RequestMetrics;
  #tap: RequestTap | null;
  #attemptAtMs: number;
  /** When the attempt had all of the request: at once where it has no body. */
  #sentAtMs = 0;
  #hasRequestBody = false;
  #attempts = 0;
  /** Retries by the route's rule. */
  #retries = 0;
  /** Between an attempt's start and its count. */
  #isOpen = false;
  /** The answer's first byte was seen: latency is taken, the endpoint no longer busy with us. */
  #isAnswered = false;
  #isSettled = true;
  /** The answer counts against its endpoint by more than its time. */
  #isPenalized = false;
  #status = 0;
  #grpcStatus = -1;

  /** The caller has counted it in `owner.inFlight`; `end` counts it out. */
  constructor(parts: ExchangeParts, nowMs: number) {
    this.endpoint = parts.endpoint;
    this.#owner = parts.owner;
    this.#route = parts.route;
    this.#metrics = parts.metrics;
    this.#isGrpc = parts.isGrpc;
    this.#tellClient = parts.tellClient;
    this.#tap = parts.tap;
    this.headerEdit = parts.headerEdit;
    this.timeoutMs = parts.route.timeoutMs;
    this.#timers = timersOf(parts.route);
    this.bodyTap = this.#bodyTap();
    this.#observer = parts.observer;
    const { retry, isRetryable } = parts.route;
    if (retry === null) {
      this.replayBytes = isRetryable && parts.owner.budget !== null ? REPLAY_BYTES : 0;
    } else {
      this.replayBytes = retry.maxBytes;
    }
    this.#startedAtMs = nowMs;
    this.#attemptAtMs = nowMs;
    const routeMetrics = parts.route.metrics;
    if (routeMetrics !== null) routeMetrics.logical.requests.value++;
    parts.owner.budget?.deposit();
    this.#beginAttempt(nowMs);
  }

  watch(control: ExchangeControl): void {
    this.#timers?.start(control);
  }

  requestSent(): void {
    if (this.#hasRequestBody) this.#sentAtMs = this.#owner.now();
    if (this.#timers === null) return;
    const { retry } = this.#route;
    const isLast = retry === null || this.#retries >= retry.maxRetries;
    this.#timers.requestSent(isLast ? 0 : retry.timeoutMs);
  }

  dialed(timing: DialTiming): void {
    this.#tap?.dialed(timing);
  }

  attemptFailed(failure: AttemptFailure, canRetry: boolean): 'retry' | Refusal {
    this.#timers?.attemptOver();
    if (failure.kind === 'timeout') return this.#attemptTimedOut(failure, canRetry);
    const failed = this.endpoint;
    this.#finishAttempt(transportOutcome('unclassified'));
    if (failure.kind === 'broken') {
      const isInBudget = this.#route.retry === null && this.#mayRetry(canRetry);
      if (isInBudget && this.#tryAgain(true)) return 'retry';
    } else {
      failed.connectionFailed();
      if (this.#attempts < MAX_CONNECT_ATTEMPTS && this.#tryAgain(false)) return 'retry';
    }
    const target = `${failed.host}:${failed.port}`;
    const { error, refusal } = refuseFailure(failure, target, this.#tellClient);
    this.#owner.countError(error);
    return refusal;
  }

  /** Only a rule with retries limits attempts. */
  #attemptTimedOut(failure: AttemptFailure, canRetry: boolean): 'retry' | Refusal {
    const { retry } = this.#route;
    this.#finishAttempt(this.#timeoutOutcome());
    if (retry !== null && canRetry && this.#spendRetry(retry, null)) return 'retry';
    const { host, port } = this.endpoint;
    this.#owner.countError('response timeout');
    const sentence = `${host}:${port}: ${failure.error.message}`;
    return refuse('response timeout', sentence, this.#tellClient);
  }

  responseHead(head: ResponseHead, canRetry: boolean): Verdict {
    this.#status = head.status;
    this.#timers?.answered();
    // An answer proves that connecting works, also over a connection opened long ago.
    this.endpoint.connectionReady();
    if (this.#isGrpc) this.#grpcStatus = parseGrpcStatus(head.header('grpc-status'));
    const { penalty } = this.endpoint;
    this.#isPenalized =
      penalty !== null && penalty.answered(head, this.#grpcStatus, this.#owner.now());
    this.#tap?.responseHead(head, this.#owner.now());
    if (!this.#mayRetry(canRetry)) return 'forward';
    // The verdict on a gRPC answer comes with its trailers.
    if (this.#isGrpc && this.#grpcStatus < 0 && this.#status === 200) return 'hold';
    return this.#retryFailure() ? 'retry' : 'forward';
  }

  firstBodyByte(): void {
    if (this.#isAnswered || this.#status === 0) return;
    this.#isAnswered = true;
    const nowMs = this.#owner.now();
    this.#tap?.firstByte(nowMs);
    this.#settle();
    const elapsedMs = nowMs - this.#attemptAtMs;
    if (!this.#isPenalized) this.endpoint.rtt.observe(elapsedMs, nowMs);
    this.#metrics.observeLatency(this.#status, elapsedMs);
    this.#route.metrics?.logical.observeLatency(this.#status, nowMs - this.#startedAtMs);
  }

  requestBytes(count: number): void {
    this.#hasRequestBody = true;
    this.#observer?.requestFrame(count);
  }

  responseBytes(count: number): void {
    this.#tap?.responseBytes(count);
    this.#observer?.responseFrame(count);
  }

  responseTrailers(
    trailers: readonly (readonly [string, string])[],
    canRetry: boolean,
  ): 'forward' | 'retry' {
    if (this.#isGrpc) {
      const field = trailers.find(([name]) => name === 'grpc-status');
      if (field !== undefined) this.#grpcStatus = parseGrpcStatus(field[1]);
    }
    this.#tap?.responseTrailers(trailers);
    return this.#mayRetry(canRetry) && this.#retryFailure() ? 'retry' : 'forward';
  }

  end(end: ExchangeEnd): void {
    this.#owner.inFlight.count--;
    this.#timers?.close();
    const outcome = this.#outcomeOf(end);
    if (this.#isOpen) this.#finishAttempt(outcome, tapEndOf(end, this.#grpcStatus));
    if (outcome !== null) this.#route.metrics?.logical.countResponse(outcome);
    if (this.#observer !== null) {
      const elapsedMs = this.#owner.now() - this.#startedAtMs;
      this.#observer.ended(outcome, elapsedMs, this.#retries > 0);
    }
    if (end.kind === 'timeout') this.#owner.countError('response timeout');
  }

  /** Null: the client went before there was an answer to judge. */
  #outcomeOf(end: ExchangeEnd): ResponseOutcome | null {
    switch (end.kind) {
      case 'complete':
        return this.#finalAnswer();
      case 'client-reset':
        return this.#status === 0 ? null : this.#answer();
      case 'server-reset':
        return { ...this.#answer(), failed: true, error: resetName(end.code) };
      case 'timeout':
        return this.#timeoutOutcome();
      default:
        return this.#timers?.struck ? this.#timeoutOutcome() : transportOutcome('unclassified');
    }
  }

  #timeoutOutcome(): ResponseOutcome {
    const routeError = this.#timers?.struck ?? 'REQUEST_TIMEOUT';
    return { ...transportOutcome('timeout'), routeError };
  }

  /** gRPC that ends without a grpc-status is UNKNOWN and yet no failure, as linkerd2-proxy has it. */
  #finalAnswer(): ResponseOutcome {
    const answer = this.#answer();
    if (!this.#isGrpc || this.#grpcStatus >= 0 || this.#status !== 200) return answer;
    return { ...answer, grpcStatus: 2 };
  }

  #answer(): ResponseOutcome {
    const status = this.#status;
    const grpcStatus = this.#grpcStatus;
    const failed = isFailure(this.#route.classify(status), status, grpcStatus);
    return { status, failed, grpcStatus, error: '' };
  }

  #mayRetry(canRetry: boolean): boolean {
    if (!canRetry || this.#isAnswered) return false;
    if (this.#route.retry !== null) return true;
    return this.#route.isRetryable && this.#owner.budget !== null;
  }

  /** Retries when the answer so far is one to retry and there is leave and an endpoint. */
  #retryFailure(): boolean {
    const outcome = this.#answer();
    const { retry } = this.#route;
    if (retry !== null) return this.#retryByRule(retry, outcome);
    return outcome.failed && this.#tryAgain(true, outcome);
  }

  #retryByRule(retry: RetryRule, outcome: ResponseOutcome): boolean {
    return (
      retry.isRetryable(outcome.status, outcome.grpcStatus) && this.#spendRetry(retry, outcome)
    );
  }

  /** @param outcome see {@link HttpExchange.#tryAgain}. */
  #spendRetry(retry: RetryRule, outcome: ResponseOutcome | null): boolean {
    if (this.#retries >= retry.maxRetries) {
      this.#observer?.retryLimitExceeded();
      return false;
    }
    if (!this.#tryAgain(false, outcome)) {
      this.#observer?.retryOverflowed();
      return false;
    }
    if (retry.backoff !== null) {
      this.retryDelayMs = backoffMs(retry.backoff, this.#retries, Math.random());
    }
    this.#retries++;
    this.#observer?.retried();
    return true;
  }

  /** @param costsBudget false where nothing was sent. @param outcome of the attempt this one replaces, if it is open. */
  #tryAgain(costsBudget: boolean, outcome: ResponseOutcome | null = null): boolean {
    const next = this.#owner.pickAgain();
    if (next === null) return false;
    if (costsBudget) {
      const metrics = this.#route.metrics;
      if (this.#owner.budget?.withdraw() !== true) {
        if (metrics !== null) metrics.noBudget.value++;
        return false;
      }
      if (metrics !== null) metrics.retried.value++;
    }
    if (this.#isOpen) {
      this.#finishAttempt(outcome, tapEndOf({ kind: 'complete' }, this.#grpcStatus));
    }
    const nowMs = this.#owner.now();
    this.retryDelayMs = 0;
    this.endpoint = next;
    this.#metrics = next.metrics ?? this.#metrics;
    this.#tap = this.#tap?.retry(next, nowMs) ?? null;
    this.bodyTap = this.#bodyTap();
    this.#timers?.attemptOver();
    this.#beginAttempt(nowMs);
    return true;
  }

  #bodyTap(): BodyTap | null {
    const bodies = this.#tap === null ? null : this.#tap.bodies;
    return this.#timers === null ? bodies : this.#timers.watching(bodies);
  }

  #beginAttempt(nowMs: number): void {
    this.#attempts++;
    this.#attemptAtMs = nowMs;
    this.#sentAtMs = nowMs;
    this.#isOpen = true;
    this.#isAnswered = false;
    this.#isSettled = false;
    this.#status = 0;
    this.#grpcStatus = -1;
    this.endpoint.pending++;
    this.#metrics.requests.value++;
    const actual = this.#route.metrics?.actual;
    if (actual) actual.requests.value++;
    if (this.#observer !== null) {
      this.#observer.attemptStarted();
      this.headerEdit = this.#observer.headerEdit;
      this.answerEdit = this.#observer.answerEdit;
    }
  }

  #finishAttempt(outcome: ResponseOutcome | null, tapEnd: TapEnd = BROKEN): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const nowMs = this.#owner.now();
    const elapsedMs = nowMs - this.#attemptAtMs;
    if (!this.#isSettled) {
      this.endpoint.unanswered(elapsedMs, nowMs);
      this.#settle();
    }
    this.#tap?.end(tapEnd, nowMs);
    if (this.#observer !== null) {
      this.#observer.attemptEnded(outcome, elapsedMs, nowMs - this.#sentAtMs);
    }
    if (outcome === null) return;
    this.#metrics.countResponse(outcome);
    if (this.endpoint.breaker !== null) this.endpoint.answered(verdictOf(outcome), nowMs);
    this.#route.metrics?.actual?.countResponse(outcome);
  }

  /** The endpoint is no longer busy with this attempt. */
  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.endpoint.pending--;
  }
}

/** RFC 9113 INTERNAL_ERROR: what a connection that broke is told as. */
const BROKEN: TapEnd = { kind: 'reset', code: 2 };
const CANCELLED: TapEnd = { kind: 'reset', code: 8 };
const PLAIN: TapEnd = { kind: 'plain' };

function tapEndOf(end: ExchangeEnd, grpcStatus: number): TapEnd {
  switch (end.kind) {
    case 'complete':
      return grpcStatus < 0 ? PLAIN : { kind: 'grpc', status: grpcStatus };
    case 'server-reset':
      return end.code === null ? BROKEN : { kind: 'reset', code: end.code };
    case 'client-reset':
    case 'timeout':
      return CANCELLED;
    default:
      return BROKEN;
  }
}

function verdictOf({ failed, status, grpcStatus }: ResponseOutcome): AnswerVerdict {
  if (status === 429 || grpcStatus === GRPC_RESOURCE_EXHAUSTED) return 'throttled';
  return failed ? 'failure' : 'success';
}

function timersOf({ timeouts, retry }: Route): ExchangeTimers | null {
  const isLimited = timeouts.responseMs > 0 || timeouts.idleMs > 0 || (retry?.timeoutMs ?? 0) > 0;
  return isLimited ? new ExchangeTimers(timeouts) : null;
}

/** There was no answer. */
function transportOutcome(error: string): ResponseOutcome {
  return { status: 0, failed: true, grpcStatus: -1, error };
}
