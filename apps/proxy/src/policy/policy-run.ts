import type { NoEndpoint } from '../balance/balancer.ts';
import type { LiveEndpoint } from '../balance/live-endpoint.ts';
import { drawWeighted } from '../discover/distribution.ts';
import type { ResponseOutcome } from '../observe/request-metrics.ts';
import type { ExchangeObserver } from '../route/exchange-observer.ts';
import type { ExchangeOwner } from '../route/http-exchange.ts';
import type { InFlight } from '../route/in-flight.ts';
import type { ErrorKind } from '../route/refusals.ts';
import type { Route } from '../route/route.ts';
import type { HeaderEdit } from '../stack/http-service.ts';
import type { Leg, OutboundRule } from './outbound-rule.ts';

/** What a draw among a rule's backends gave. */
export interface Picked {
  readonly leg: Leg;
  /** Null: that backend cannot be reached by anybody. */
  readonly endpoint: LiveEndpoint | null;
}

/** One request under a rule: chooses its backends, counts its attempts by them. */
export class PolicyRun implements ExchangeOwner, ExchangeObserver {
  readonly inFlight: InFlight;
  readonly now: () => number;
  /** Retries are limited by the rule. */
  readonly budget = null;
  headerEdit: HeaderEdit;
  answerEdit: HeaderEdit | null = null;
  /** The rule's, or what the request made of it. */
  readonly route: Route;
  readonly #rule: OutboundRule;
  readonly #owner: ExchangeOwner;
  readonly #random: () => number;
  #leg: Leg | null = null;
  /** Of the attempt that begins next. */
  #next: Leg | null = null;

  /** @param random 0 up to 1. */
  constructor(
    rule: OutboundRule,
    route: Route,
    owner: ExchangeOwner,
    headerEdit: HeaderEdit,
    random: () => number,
  ) {
    this.inFlight = owner.inFlight;
    this.now = owner.now;
    this.headerEdit = headerEdit;
    this.route = route;
    this.#rule = rule;
    this.#owner = owner;
    this.#random = random;
  }

  /** Null when no backend is ready: then {@link wait}. */
  pick(): Picked | null {
    const { legs, order } = this.#rule;
    if (order === 'random') return drawWeighted(legs, this.#random, (leg) => this.#take(leg));
    for (const { item } of legs) {
      const picked = this.#take(item);
      if (picked !== null) return picked;
    }
    return null;
  }

  /** Waits for one backend; never rejects. */
  async wait(): Promise<Picked | NoEndpoint> {
    const { legs, order } = this.#rule;
    const leg =
      order === 'first'
        ? (legs[0]?.item ?? null)
        : drawWeighted(legs, this.#random, (each) => each);
    if (leg === null || leg.picker === null) return 'failfast';
    const endpoint = await leg.picker.wait();
    if (typeof endpoint === 'string') return this.pick() ?? endpoint;
    this.#next = leg;
    return { leg, endpoint };
  }

  pickAgain(): LiveEndpoint | null {
    return this.pick()?.endpoint ?? null;
  }

  countError(kind: ErrorKind): void {
    this.#owner.countError(kind);
  }

  attemptStarted(): void {
    this.#leg = this.#next;
    if (this.#leg === null) return;
    this.headerEdit = this.#leg.headerEdit;
    this.answerEdit = this.#leg.answerEdit;
    this.#leg.metrics.requests.value++;
  }

  attemptEnded(outcome: ResponseOutcome | null, elapsedMs: number): void {
    if (outcome !== null) this.#leg?.metrics.ended(outcome, elapsedMs);
  }

  requestFrame(bytes: number): void {
    this.#rule.metrics.requestFrames.observe(bytes);
  }

  responseFrame(bytes: number): void {
    this.#leg?.metrics.frames.observe(bytes);
  }

  retried(): void {
    this.#rule.metrics.retries.value++;
  }

  retryOverflowed(): void {
    this.#rule.metrics.retryOverflow.value++;
  }

  retryLimitExceeded(): void {
    this.#rule.metrics.retryLimitExceeded.value++;
  }

  ended(outcome: ResponseOutcome | null, elapsedMs: number, wasRetried: boolean): void {
    if (outcome === null) return;
    this.#rule.metrics.ended(outcome, elapsedMs);
    const { retry } = this.route;
    if (!wasRetried || retry === null || outcome.status === 0) return;
    const isSaved = !retry.isRetryable(outcome.status, outcome.grpcStatus);
    if (isSaved) this.#rule.metrics.retrySuccesses.value++;
  }

  #take(leg: Leg): Picked | null {
    const endpoint = leg.picker === null ? null : leg.picker.pick();
    if (endpoint === null && leg.picker !== null) return null;
    this.#next = leg;
    return { leg, endpoint };
  }
}
