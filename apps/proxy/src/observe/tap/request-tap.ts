import type { DialTiming } from '../../stack/connection.ts';
import type { Endpoint } from '../../stack/endpoint.ts';
import type { BodyTap, ResponseHead } from '../../stack/http-service.ts';

/** How a request ended, as observers are told. */
export type TapEnd =
  | { readonly kind: 'grpc'; readonly status: number }
  | { readonly kind: 'reset'; readonly code: number }
  | { readonly kind: 'plain' };

/** One attempt at one request while somebody observes it. Told by its exchange, in this order, `end` exactly once. */
export interface RequestTap {
  /** Gets the bodies' bytes; null where nobody asked for them. */
  readonly bodies: BodyTap | null;
  /** A connection was opened for it. */
  dialed(timing: DialTiming): void;
  responseHead(head: ResponseHead, nowMs: number): void;
  firstByte(nowMs: number): void;
  responseBytes(count: number): void;
  responseTrailers(trailers: readonly (readonly [string, string])[]): void;
  end(end: TapEnd, nowMs: number): void;
  /** After `end`: the same request sent again, to another endpoint; null when nobody wants to see that. */
  retry(endpoint: Endpoint, nowMs: number): RequestTap | null;
}

/** Tells both. */
export class TapPair implements RequestTap {
  readonly bodies: BodyTap | null;
  readonly #first: RequestTap;
  readonly #second: RequestTap;

  constructor(first: RequestTap, second: RequestTap) {
    this.#first = first;
    this.#second = second;
    // Only one kind of observer is given bodies.
    this.bodies = first.bodies ?? second.bodies;
  }

  dialed(timing: DialTiming): void {
    this.#first.dialed(timing);
    this.#second.dialed(timing);
  }

  responseHead(head: ResponseHead, nowMs: number): void {
    this.#first.responseHead(head, nowMs);
    this.#second.responseHead(head, nowMs);
  }

  firstByte(nowMs: number): void {
    this.#first.firstByte(nowMs);
    this.#second.firstByte(nowMs);
  }

  responseBytes(count: number): void {
    this.#first.responseBytes(count);
    this.#second.responseBytes(count);
  }

  responseTrailers(trailers: readonly (readonly [string, string])[]): void {
    this.#first.responseTrailers(trailers);
    this.#second.responseTrailers(trailers);
  }

  end(end: TapEnd, nowMs: number): void {
    this.#first.end(end, nowMs);
    this.#second.end(end, nowMs);
  }

  retry(endpoint: Endpoint, nowMs: number): RequestTap | null {
    return pairOf(this.#first.retry(endpoint, nowMs), this.#second.retry(endpoint, nowMs));
  }
}

/** One tap that tells all of them; null of none. */
export function pairOf(first: RequestTap | null, second: RequestTap | null): RequestTap | null {
  if (first === null) return second;
  return second === null ? first : new TapPair(first, second);
}
