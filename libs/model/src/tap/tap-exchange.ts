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
 * Where an exchange's time went, milliseconds, one after the other. Null: it did not come to that, or there was nothing to
 * wait for: `connectMs` and `tlsMs` where a connection was open already.
 */
export interface TapPhases {
  /** Before the attempt began (and before `latencyMs` counts): discovery, and a ready endpoint. */
  readonly queueMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  /** From a connection at hand to the first byte of the answer's body, or its end when it has none. */
  readonly firstByteMs: number | null;
  /** From there to the end. */
  readonly bodyMs: number | null;
}

/** The beginning of a body, captured because a viewer asked for it. */
export interface TapBody {
  /** Secrets redacted. Null for what people cannot read. */
  readonly text: string | null;
  /** Why there is no text. `rate`: more came than a tap carries. */
  readonly omitted: 'not-text' | 'compressed' | 'rate' | null;
  /** Of the whole body as it went over the wire. */
  readonly bytes: number;
  /** `text` is only the beginning. */
  readonly truncated: boolean;
}

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
  /** 1 for the first attempt; a request sent again is an exchange of its own. Null or absent: the proxy does not tell. */
  readonly attempt?: number | null;
  /** Request head to the first byte of the answer's body. Null or absent: none came, or the proxy does not tell. */
  readonly ttfbMs?: number | null;
  /** Null or absent: the proxy does not tell. */
  readonly phases?: TapPhases | null;
  /** Null or absent: not captured. */
  readonly requestBody?: TapBody | null;
  readonly responseBody?: TapBody | null;
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
