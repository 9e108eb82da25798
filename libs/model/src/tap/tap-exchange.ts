import type { PodRef, WorkloadRef } from '../resource/resource-ref.ts';

/** Whether and how a side of an exchange is secured. */
export type ChannelSecurity =
  | { readonly kind: 'mutual-tls'; readonly identity: string }
  | { readonly kind: 'plain'; readonly reason: string };

/** One end of an exchange, as well as the controller could name it. */
export interface TapPeer {
  /** `ip:port` as the proxy saw it. */
  readonly address: string;
  readonly workload: WorkloadRef | null;
  readonly pod: PodRef | null;
}

export type Header = readonly [name: string, value: string];

export type TapOutcome =
  /** Request seen, no answer yet. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'reset'; readonly errorCode: number };

/**
 * One request and its answer, put together by the controller from one proxy's tap events.
 * The same call seen by two proxies (outbound of the caller, inbound of the called) is two exchanges.
 */
export interface TapExchange {
  /** Unique within a controller's life. A pending exchange is sent again with the same id when it ends. */
  readonly id: string;
  /** Milliseconds since the epoch when the request's head was seen. */
  readonly atMs: number;
  readonly direction: 'inbound' | 'outbound';
  /** Pod whose proxy saw it. */
  readonly reporter: PodRef;
  readonly source: TapPeer;
  readonly destination: TapPeer;
  /** The connection between the two proxies, as far as the reporter knows. */
  readonly security: ChannelSecurity;
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  /** With the query where header extraction was on (it comes as `:path`), without it otherwise. */
  readonly path: string;
  /** Name of the ServiceProfile route, null when none matched. */
  readonly route: string | null;
  readonly httpStatus: number | null;
  readonly grpcStatus: number | null;
  /** Request head to answer's head. */
  readonly latencyMs: number | null;
  /** Request head to end of answer. */
  readonly durationMs: number | null;
  readonly responseBytes: number | null;
  readonly requestHeaders: readonly Header[];
  readonly responseHeaders: readonly Header[];
  readonly trailers: readonly Header[];
  readonly outcome: TapOutcome;
}

/** Names of the gRPC status codes, by number, as people write them. */
export const GRPC_STATUS_NAMES: readonly string[] = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

/** gRPC codes that count as failure when no ServiceProfile says otherwise (linkerd2-proxy client-policy/src/grpc.rs). */
const GRPC_FAILURES: ReadonlySet<number> = new Set([2, 4, 7, 13, 14, 15]);

/** The default classification: HTTP 5xx, the six gRPC codes, or a reset. A pending exchange has not failed. */
export function isFailure(
  exchange: Pick<TapExchange, 'httpStatus' | 'grpcStatus' | 'outcome'>,
): boolean {
  if (exchange.outcome.kind === 'reset') return true;
  if (exchange.grpcStatus !== null) return GRPC_FAILURES.has(exchange.grpcStatus);
  return exchange.httpStatus !== null && exchange.httpStatus >= 500;
}
