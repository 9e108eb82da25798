import type { MessageInitShape } from '@bufbuild/protobuf';
import type { TapEventSchema } from '@tulle/proxy-api';
import type { Counter } from '@tulle/telemetry';
import type { TapPredicate } from './tap-match.ts';

export type TapEventInit = MessageInitShape<typeof TapEventSchema>;

export interface SubscriptionParts {
  readonly matches: TapPredicate;
  /** Requests shown at most; then the stream ends with the last of them. */
  readonly limit: number;
  readonly extractsHeaders: boolean;
  /** Tells this subscription's stream ids from others'. */
  readonly base: number;
  readonly dropped: Counter;
}

/** Events kept for an observer that reads slowly (linkerd2-proxy); past it they are dropped and counted. */
const MAX_BUFFERED = 400;

/** One observer: what it wants, and the events it has not read yet. */
export class TapSubscription {
  readonly matches: TapPredicate;
  readonly extractsHeaders: boolean;
  readonly base: number;
  readonly #limit: number;
  readonly #dropped: Counter;
  #taken = 0;
  #open = 0;
  #events: TapEventInit[] = [];
  #isClosed = false;
  #wake: (() => void) | null = null;

  constructor(parts: SubscriptionParts) {
    this.matches = parts.matches;
    this.extractsHeaders = parts.extractsHeaders;
    this.base = parts.base;
    this.#limit = parts.limit;
    this.#dropped = parts.dropped;
  }

  get takesMore(): boolean {
    return !this.#isClosed && this.#taken < this.#limit;
  }

  /** The id of one more request. Only while {@link takesMore}; {@link release} it when the request has ended. */
  take(): number {
    this.#open++;
    return this.#taken++;
  }

  release(): void {
    this.#open--;
    if (this.#open === 0 && this.#taken >= this.#limit) this.close();
  }

  push(event: TapEventInit): void {
    if (this.#isClosed) return;
    if (this.#events.length >= MAX_BUFFERED) {
      this.#dropped.value++;
      return;
    }
    this.#events.push(event);
    this.#wake?.();
  }

  /** Ends {@link events} after what is buffered. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  /** For one reader. Ends after the last request shown, when closed, or when `signal` aborts. */
  async *events(signal: AbortSignal): AsyncGenerator<TapEventInit> {
    const onAbort = (): void => this.close();
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        const batch = this.#events;
        this.#events = [];
        yield* batch;
        if (this.#events.length > 0) continue;
        if (this.#isClosed) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = null;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.close();
    }
  }
}
