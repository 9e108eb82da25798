import { keepHead } from '../../discover/kept-head.ts';
import { grpcStatusOf } from '../../http2/grpc-status.ts';
import type { Exchange, Refusal, RequestHead, ResponseHead } from '../../stack/http-service.ts';
import type { TapEnd } from './request-tap.ts';
import type { TapContext, TapRegistry } from './tap-registry.ts';

type Begun = Exchange | Refusal;

export interface RefusalTaps {
  readonly taps: TapRegistry;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** What is known of the request beside its head; asked only for a refusal. */
  readonly contextOf: () => TapContext;
}

/** It is on its way: {@link tellRefusals} has nothing to tell, and what it would be given need not be made. */
export function isUnderWay(begun: Begun | Promise<Begun>): boolean {
  return !(begun instanceof Promise) && begun.kind === 'exchange';
}

/**
 * Shows observers a request that the proxy answers itself before it goes anywhere: a client that is not let in, a service
 * without a ready endpoint. Called only while somebody observes; gives `begun` back.
 */
export function tellRefusals(
  begun: Begun | Promise<Begun>,
  head: RequestHead,
  options: RefusalTaps,
): Begun | Promise<Begun> {
  if (!(begun instanceof Promise)) {
    if (begun.kind === 'refusal') tell(begun, head, options, null);
    return begun;
  }
  const kept = keepHead(head);
  const sinceMs = options.now();
  return begun.then((later) => {
    if (later.kind === 'refusal') tell(later, kept, options, options.now() - sinceMs);
    return later;
  });
}

/** @param queueMs how long it had waited; null when it did not. */
function tell(
  refusal: Refusal,
  head: RequestHead,
  { taps, now, contextOf }: RefusalTaps,
  queueMs: number | null,
): void {
  const nowMs = now();
  if (!taps.looks(nowMs)) return;
  const tap = taps.begin(head, { ...contextOf(), ...(queueMs !== null && { queueMs }) }, nowMs);
  if (tap === null) return;
  const grpcStatus = head.isGrpc ? (refusal.grpcStatus ?? grpcStatusOf(refusal.status)) : null;
  tap.responseHead(answerOf(refusal, grpcStatus), nowMs);
  tap.firstByte(nowMs);
  const end: TapEnd =
    grpcStatus === null ? { kind: 'plain' } : { kind: 'grpc', status: grpcStatus };
  tap.end(end, nowMs);
}

/** The observer is told why, also where the client is not. */
function answerOf(refusal: Refusal, grpcStatus: number | null): ResponseHead {
  const status = grpcStatus === null ? refusal.status : 200;
  const fields: (readonly [string, string])[] = [
    [':status', String(status)],
    ...(grpcStatus === null ? [] : [['grpc-status', String(grpcStatus)] as const]),
    ...(refusal.fields ?? []),
    ['l5d-proxy-error', refusal.proxyError],
  ];
  return {
    status,
    header: (name) => fields.find(([field]) => field === name)?.[1],
    fields: () => fields,
    keepFields: () => () => fields,
  };
}
