import type { Labels } from '@tulle/telemetry';
import type { KeptFields, Peer, RequestHead } from '../../stack/http-service.ts';
import type { Direction } from '../labels.ts';
import { pairOf, type RequestTap } from './request-tap.ts';
import { TapSpan, type TapEndpoint, type TapSource } from './tap-span.ts';
import type { TapSubscription } from './tap-subscription.ts';
import { captureFor, WatchSpan } from './watch-span.ts';
import type { WatchSubscription } from './watch-subscription.ts';

/** What is known of a request beside its head. */
export interface TapContext {
  readonly direction: Direction;
  readonly peer: Peer;
  readonly endpoint: TapEndpoint;
  readonly destinationLabels: Labels;
  readonly routeLabels: Labels;
  /** Waited for discovery and a ready endpoint; absent when it need not wait. */
  readonly queueMs?: number;
}

/** Observers at once; each costs every request one predicate. */
export const MAX_SUBSCRIPTIONS = 64;

/** The observers of this proxy. While there is none, a request pays for reading {@link active}. */
export class TapRegistry {
  active = false;
  #nextBase = 0;
  #subscriptions: readonly TapSubscription[] = [];
  #watches: readonly WatchSubscription[] = [];
  /** Of the request {@link looks} was asked for last. */
  readonly #wanting: TapSubscription[] = [];
  readonly #looking: WatchSubscription[] = [];

  /** False when there are too many. */
  add(subscription: TapSubscription): boolean {
    if (this.#isFull) return false;
    this.#subscriptions = [...this.#subscriptions, subscription];
    this.active = true;
    return true;
  }

  remove(subscription: TapSubscription): void {
    this.#subscriptions = this.#subscriptions.filter((each) => each !== subscription);
    this.#updateActive();
  }

  /** False when there are too many. */
  addWatch(watch: WatchSubscription): boolean {
    if (this.#isFull) return false;
    this.#watches = [...this.#watches, watch];
    this.active = true;
    return true;
  }

  removeWatch(watch: WatchSubscription): void {
    this.#watches = this.#watches.filter((each) => each !== watch);
    this.#updateActive();
  }

  /** Tells one subscription's stream ids from another's. */
  nextBase(): number {
    return this.#nextBase++;
  }

  closeAll(): void {
    for (const subscription of this.#subscriptions) subscription.close();
    for (const watch of this.#watches) watch.close();
  }

  /**
   * Whether anybody may want a request that comes now; while somebody observes, it is asked exactly once for each, before
   * {@link begin} and before anything is made for it: most are over the rate that was asked for, and counted here.
   */
  looks(nowMs: number): boolean {
    this.#wanting.length = 0;
    this.#looking.length = 0;
    for (const each of this.#subscriptions) if (each.takesMore) this.#wanting.push(each);
    for (const each of this.#watches) if (each.looks(nowMs)) this.#looking.push(each);
    return this.#wanting.length > 0 || this.#looking.length > 0;
  }

  /** Called in the same turn, where {@link looks} gave true. Null when nobody wants this request. */
  begin(head: RequestHead, context: TapContext, nowMs: number): RequestTap | null {
    const source = describe(head, context);
    const matching = this.#wanting.filter((each) => each.matches(source.request));
    const taking = this.#looking.filter((each) => each.takes(source.request));
    if (matching.length === 0 && taking.length === 0) return null;
    const wantsFields =
      matching.some((each) => each.extractsHeaders) || taking.some((each) => each.wantsHeaders);
    const described = wantsFields ? { ...source, fields: head.keepFields() } : source;
    return pairOf(
      matching.length === 0 ? null : new TapSpan(matching, described, nowMs),
      taking.length === 0 ? null : watchSpan(taking, described, head, context, nowMs),
    );
  }

  get #isFull(): boolean {
    return this.#subscriptions.length + this.#watches.length >= MAX_SUBSCRIPTIONS;
  }

  #updateActive(): void {
    this.active = this.#subscriptions.length + this.#watches.length > 0;
  }
}

function watchSpan(
  watches: readonly WatchSubscription[],
  source: TapSource,
  head: RequestHead,
  context: TapContext,
  nowMs: number,
): WatchSpan {
  const start = {
    attempt: 1,
    queueMs: context.queueMs ?? null,
    bodies: captureFor(watches, head),
  };
  return new WatchSpan(watches, source, start, nowMs);
}

const NOTHING_KEPT: KeptFields = () => [];

function describe(head: RequestHead, context: TapContext): TapSource {
  const end = head.path.indexOf('?');
  return {
    direction: context.direction,
    peer: context.peer,
    endpoint: context.endpoint,
    fields: NOTHING_KEPT,
    request: {
      source: { host: context.peer.address, port: context.peer.port },
      destination: context.endpoint,
      method: head.method,
      scheme: head.scheme === '' ? 'http' : head.scheme,
      authority: head.authority,
      path: end < 0 ? head.path : head.path.slice(0, end),
      destinationLabels: context.destinationLabels,
      routeLabels: context.routeLabels,
    },
  };
}
