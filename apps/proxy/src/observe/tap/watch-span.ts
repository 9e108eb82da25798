import type { DialTiming } from '../../stack/connection.ts';
import type { Endpoint } from '../../stack/endpoint.ts';
import type { KeptFields, RequestHead, ResponseHead } from '../../stack/http-service.ts';
import { BodyCapture } from './body-capture.ts';
import type { Outcome } from './outcome-test.ts';
import type { RequestTap, TapEnd } from './request-tap.ts';
import type { TapSource } from './tap-span.ts';
import type { WatchSubscription } from './watch-subscription.ts';

type Fields = readonly (readonly [string, string])[];
const NO_FIELDS: Fields = [];
const NOTHING_KEPT: KeptFields = () => NO_FIELDS;

/** One watch that follows an exchange, and the exchange's number in it. */
interface Taken {
  readonly watch: WatchSubscription;
  readonly id: number;
}

/** What another attempt takes over from the one before. */
interface Start {
  readonly attempt: number;
  /** Waited before this attempt; null when it need not wait. */
  readonly queueMs: number | null;
  readonly bodies: BodyCapture | null;
}

/** The summary of one exchange, kept until its end, where each watch decides whether to tell it. */
export class WatchSpan implements RequestTap {
  readonly source: TapSource;
  readonly bodies: BodyCapture | null;
  readonly attempt: number;
  readonly queueMs: number | null;
  /** Monotonic milliseconds; the times below count from here. */
  readonly startedAtMs: number;
  connectMs: number | null = null;
  tlsMs: number | null = null;
  latencyMs: number | null = null;
  firstByteMs: number | null = null;
  durationMs: number | null = null;
  httpStatus: number | null = null;
  grpcStatus: number | null = null;
  resetCode: number | null = null;
  bodyBytes = 0;
  responseFields: KeptFields = NOTHING_KEPT;
  trailers: Fields = NO_FIELDS;
  #isOpen = true;
  readonly #taken: readonly Taken[];
  readonly #wantsFields: boolean;

  constructor(
    watches: readonly WatchSubscription[],
    source: TapSource,
    start: Start,
    nowMs: number,
  ) {
    this.source = source;
    this.attempt = start.attempt;
    this.queueMs = start.queueMs;
    this.bodies = start.bodies;
    this.startedAtMs = nowMs;
    this.#wantsFields = watches.some(({ wantsHeaders }) => wantsHeaders);
    this.#taken = watches.map((watch) => ({ watch, id: watch.follow(this) }));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get outcome(): Outcome {
    const { httpStatus, grpcStatus, resetCode, latencyMs, firstByteMs, durationMs, attempt } = this;
    return {
      httpStatus,
      grpcStatus,
      resetCode,
      latencyMs,
      firstByteMs,
      durationMs,
      responseBytes: this.bodyBytes,
      attempt,
    };
  }

  dialed({ connectMs, tlsMs }: DialTiming): void {
    this.connectMs = connectMs;
    this.tlsMs = tlsMs;
  }

  responseHead(head: ResponseHead, nowMs: number): void {
    this.httpStatus = head.status;
    this.latencyMs = nowMs - this.startedAtMs;
    if (this.#wantsFields) this.responseFields = head.keepFields();
    this.bodies?.responsePart.begin(head);
  }

  firstByte(nowMs: number): void {
    this.firstByteMs = nowMs - this.startedAtMs;
  }

  responseBytes(count: number): void {
    this.bodyBytes += count;
  }

  responseTrailers(trailers: Fields): void {
    this.trailers = trailers;
  }

  end(end: TapEnd, nowMs: number): void {
    this.#isOpen = false;
    this.durationMs = nowMs - this.startedAtMs;
    if (end.kind === 'grpc') this.grpcStatus = end.status;
    else if (end.kind === 'reset') this.resetCode = end.code;
    for (const { watch, id } of this.#taken) watch.ended(this, id);
  }

  retry(endpoint: Endpoint, nowMs: number): WatchSpan | null {
    const request = { ...this.source.request, destination: endpoint };
    const more = this.#taken
      .map(({ watch }) => watch)
      .filter((watch) => watch.looks(nowMs) && watch.takes(request));
    if (more.length === 0) return null;
    const source = { ...this.source, endpoint, request };
    const start = {
      attempt: this.attempt + 1,
      queueMs: null,
      bodies: this.bodies?.again() ?? null,
    };
    return new WatchSpan(more, source, start, nowMs);
  }
}

/** Captures bodies where one of the watches asked for them and has room. */
export function captureFor(
  watches: readonly WatchSubscription[],
  head: RequestHead,
): BodyCapture | null {
  const maxBytes = watches.reduce((most, { bodyBytes }) => Math.max(most, bodyBytes), 0);
  if (maxBytes === 0) return null;
  const capture = new BodyCapture(maxBytes);
  capture.requestPart.begin(head);
  return capture;
}
