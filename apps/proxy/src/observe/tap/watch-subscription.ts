import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ExchangeSchema, WatchReplySchema } from '@tulle/proxy-api';
import type { Counter } from '@tulle/telemetry';
import type { Outcome, OutcomeTest } from './outcome-test.ts';
import type { TapPredicate, TapRequest } from './tap-match.ts';
import { watchMessage } from './watch-message.ts';
import type { WatchSpan } from './watch-span.ts';

type ExchangeInit = MessageInitShape<typeof ExchangeSchema>;
type ReplyInit = MessageInitShape<typeof WatchReplySchema>;

export interface WatchParts {
  readonly matches: TapPredicate;
  /** The match is one that holds for every request. */
  readonly matchesAll: boolean;
  /** Null: any end will do. */
  readonly outcome: OutcomeTest | null;
  /** Exchanges told at most. */
  readonly maxPerSecond: number;
  readonly wantsHeaders: boolean;
  /** Kept of each body at most; 0 for none. */
  readonly bodyBytes: number;
  /** See WatchRequest; 0: never. */
  readonly openAfterMs: number;
  readonly dropped: Counter;
  /** Milliseconds, monotonic; the clock of the exchanges. */
  readonly now: () => number;
}

/** Exchanges kept for a reader that is slow; past it they are dropped and counted. */
const MAX_BUFFERED = 1000;
/** The same where each may hold two bodies of 64 KiB. */
const MAX_BUFFERED_WITH_BODIES = 100;
/** Exchanges followed at once; more are dropped and counted. */
const MAX_OPEN = 5000;
/** Exchanges whose bodies are kept at once; those of more are not captured. */
const MAX_CAPTURED = 100;
const SWEEP_MS = 250;
/** Exchanges that end within this time are told together. */
const GATHER_MS = 50;
/** In one reply; so one reply has at most about 1.3 MB. */
const MAX_TOLD_AT_ONCE = 200;
const MAX_TOLD_AT_ONCE_WITH_BODIES = 10;

/** One watch: what it wants, how much of that, and what its reader has not read yet. */
export class WatchSubscription {
  readonly wantsHeaders: boolean;
  readonly #parts: WatchParts;
  readonly #open = new Set<WatchSpan>();
  /** Those of {@link #open} not told yet, oldest first; only where open ones are wanted. */
  readonly #untold = new Map<WatchSpan, number>();
  #captured = 0;
  #nextId = 0;
  #tokens: number;
  #filledAtMs: number;
  #told: ExchangeInit[] = [];
  #dropped = 0;
  #isClosed = false;
  #wake: (() => void) | null = null;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.wantsHeaders = parts.wantsHeaders;
    this.#tokens = parts.maxPerSecond;
    this.#filledAtMs = parts.now();
  }

  /** Kept of each body of the next exchange. */
  get bodyBytes(): number {
    return this.#captured < MAX_CAPTURED ? this.#parts.bodyBytes : 0;
  }

  /** False when the next request is not taken whatever it is: then it has been counted. */
  looks(nowMs: number): boolean {
    if (this.#isClosed) return false;
    const { outcome, matchesAll } = this.#parts;
    if (!matchesAll) return true;
    if (this.#isFull()) return false;
    if (outcome !== null || this.#hasToken(nowMs)) return true;
    this.#dropped += 1;
    return false;
  }

  /** Whether this request is followed to its end. Counts it where it is wanted and there is no room. */
  takes(request: TapRequest): boolean {
    const { matches, outcome, now } = this.#parts;
    if (!matches(request) || this.#isFull()) return false;
    return outcome !== null || this.#spend(now());
  }

  /** The exchange's number. {@link ended} is called exactly once for it. */
  follow(span: WatchSpan): number {
    const id = this.#nextId++;
    this.#open.add(span);
    if (this.#parts.openAfterMs > 0) this.#untold.set(span, id);
    if (this.#holdsBodies(span)) this.#captured += 1;
    return id;
  }

  ended(span: WatchSpan, id: number): void {
    this.#open.delete(span);
    this.#untold.delete(span);
    if (this.#holdsBodies(span)) this.#captured -= 1;
    const { outcome } = this.#parts;
    if (this.#isClosed || (outcome !== null && !this.#passes(outcome, span.outcome))) return;
    this.#tell(span, id);
  }

  /** Ends {@link replies} after what is buffered. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  /** For one reader. Ends when closed, or when `signal` aborts. */
  async *replies(signal: AbortSignal): AsyncGenerator<ReplyInit> {
    const onAbort = (): void => this.close();
    signal.addEventListener('abort', onAbort);
    const sweeping = setInterval(() => this.#sweep(), SWEEP_MS);
    sweeping.unref();
    try {
      while (!signal.aborted) {
        if (this.#told.length > 0 || this.#dropped > 0) yield this.#reply();
        if (this.#told.length > 0) continue;
        if (this.#isClosed) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = null;
        if (!this.#isClosed) await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
      }
    } finally {
      clearInterval(sweeping);
      signal.removeEventListener('abort', onAbort);
      this.close();
    }
  }

  #holdsBodies({ bodies }: WatchSpan): boolean {
    return bodies !== null && this.#parts.bodyBytes > 0;
  }

  #passes(test: OutcomeTest, outcome: Outcome): boolean {
    return test(outcome) && this.#spend(this.#parts.now());
  }

  #tell(span: WatchSpan, id: number): void {
    const max = this.#parts.bodyBytes > 0 ? MAX_BUFFERED_WITH_BODIES : MAX_BUFFERED;
    if (this.#told.length >= max) {
      this.#lose();
      return;
    }
    const { wantsHeaders } = this;
    const wanted = { headers: wantsHeaders, bodies: this.#parts.bodyBytes > 0 };
    this.#told.push(watchMessage(span, id, wanted, this.#parts.now()));
    this.#wake?.();
  }

  /** Tells what has been open for long, and a loss that no exchange came to tell. */
  #sweep(): void {
    const { openAfterMs, now } = this.#parts;
    const olderThanMs = now() - openAfterMs;
    for (const [span, id] of this.#untold) {
      if (span.startedAtMs > olderThanMs) break;
      this.#untold.delete(span);
      this.#tell(span, id);
    }
    if (this.#dropped > 0) this.#wake?.();
  }

  #reply(): ReplyInit {
    const most = this.#parts.bodyBytes > 0 ? MAX_TOLD_AT_ONCE_WITH_BODIES : MAX_TOLD_AT_ONCE;
    const dropped = BigInt(this.#dropped);
    this.#dropped = 0;
    return { dropped, exchanges: this.#told.splice(0, most) };
  }

  /** Lost because this proxy had no room, not because of the rate that was asked for. */
  #lose(): void {
    this.#dropped += 1;
    this.#parts.dropped.value++;
  }

  #isFull(): boolean {
    if (this.#open.size < MAX_OPEN) return false;
    this.#lose();
    return true;
  }

  /** Counts what is over the rate. */
  #spend(nowMs: number): boolean {
    if (this.#hasToken(nowMs)) {
      this.#tokens -= 1;
      return true;
    }
    this.#dropped += 1;
    return false;
  }

  #hasToken(nowMs: number): boolean {
    const { maxPerSecond } = this.#parts;
    const fresh = ((nowMs - this.#filledAtMs) * maxPerSecond) / 1000;
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(maxPerSecond, this.#tokens + fresh);
    return this.#tokens >= 1;
  }
}
