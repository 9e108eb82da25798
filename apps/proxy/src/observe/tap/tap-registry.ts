import type { Labels } from '@tulle/telemetry';
import type { Endpoint } from '../../stack/endpoint.ts';
import type { Peer, RequestHead } from '../../stack/http-service.ts';
import type { Direction } from '../labels.ts';
import { TapSpan, type TapSource } from './tap-span.ts';
import type { TapSubscription } from './tap-subscription.ts';

/** What is known of a request beside its head. */
export interface TapContext {
  readonly direction: Direction;
  readonly peer: Peer;
  readonly endpoint: Endpoint;
  readonly destinationLabels: Labels;
  readonly routeLabels: Labels;
}

/** Observers at once; each costs every request one predicate. */
export const MAX_SUBSCRIPTIONS = 64;

/** The observers of this proxy. While there is none, a request pays for reading {@link active}. */
export class TapRegistry {
  active = false;
  #subscriptions: TapSubscription[] = [];

  /** False when there are too many. */
  add(subscription: TapSubscription): boolean {
    if (this.#subscriptions.length >= MAX_SUBSCRIPTIONS) return false;
    this.#subscriptions = [...this.#subscriptions, subscription];
    this.active = true;
    return true;
  }

  remove(subscription: TapSubscription): void {
    this.#subscriptions = this.#subscriptions.filter((each) => each !== subscription);
    this.active = this.#subscriptions.length > 0;
  }

  closeAll(): void {
    for (const subscription of this.#subscriptions) subscription.close();
  }

  /** Called only while {@link active}. Null when nobody wants this request. */
  begin(head: RequestHead, context: TapContext, nowMs: number): TapSpan | null {
    const wanting = this.#subscriptions.filter((each) => each.takesMore);
    if (wanting.length === 0) return null;
    const source = describe(head, context);
    const matching = wanting.filter((each) => each.matches(source.request));
    if (matching.length === 0) return null;
    const fields = matching.some((each) => each.extractsHeaders) ? head.fields() : [];
    return new TapSpan(matching, { ...source, fields }, nowMs);
  }
}

function describe(head: RequestHead, context: TapContext): TapSource {
  const end = head.path.indexOf('?');
  return {
    direction: context.direction,
    peer: context.peer,
    endpoint: context.endpoint,
    fields: [],
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
