/**
 * What applications may ask for themselves, where a route's policy lets them: retries and timeouts by request headers
 * (linkerd2-proxy, `allow_l5d_request_headers`). Values that cannot be read are passed over.
 */
import { parseDurationMs } from '../config/duration.ts';
import type { Backoff } from '../config/proxy-config.ts';
import type { RetryRule } from '../route/retry-rule.ts';
import type { Route } from '../route/route.ts';
import type { RequestHead } from '../stack/http-service.ts';

/** Of retries that only a header asks for. */
const HEADER_BACKOFF: Backoff = { minMs: 25, maxMs: 250, jitter: 1 };
const HEADER_RETRIES = 1;
const HEADER_BYTES = 64 * 1024;
/** More would let one client multiply its load without end. */
const MAX_RETRIES = 10;

const GRPC_CODES: Readonly<Record<string, number>> = {
  cancelled: 1,
  'deadline-exceeded': 4,
  'resource-exhausted': 8,
  internal: 13,
  unavailable: 14,
};

type Condition = RetryRule['isRetryable'];

/** The route as this request wants it; `route` itself when it asks for nothing. */
export function overriddenRoute(head: RequestHead, route: Route, isGrpc: boolean): Route {
  const condition = isGrpc
    ? grpcCondition(head.header('l5d-retry-grpc'))
    : httpCondition(head.header('l5d-retry-http'));
  const limit = countOf(head.header('l5d-retry-limit'));
  const retryTimeoutMs = durationOf(head.header('l5d-retry-timeout'));
  const requestMs = durationOf(head.header('l5d-timeout') ?? head.header('l5d-request-timeout'));
  const responseMs = durationOf(head.header('l5d-response-timeout'));
  const retry = retryOf(route.retry, condition, limit, retryTimeoutMs);
  if (retry === route.retry && requestMs === null && responseMs === null) return route;
  return {
    ...route,
    retry,
    timeoutMs: requestMs ?? route.timeoutMs,
    timeouts: responseMs === null ? route.timeouts : { ...route.timeouts, responseMs },
  };
}

function retryOf(
  own: RetryRule | null,
  condition: Condition | null,
  limit: number | null,
  timeoutMs: number | null,
): RetryRule | null {
  if (condition === null && (own === null || (limit === null && timeoutMs === null))) return own;
  const base = own ?? {
    maxRetries: HEADER_RETRIES,
    maxBytes: HEADER_BYTES,
    backoff: HEADER_BACKOFF,
    timeoutMs: 0,
    isRetryable: () => false,
  };
  const maxRetries = limit ?? base.maxRetries;
  if (maxRetries === 0) return null;
  return {
    ...base,
    maxRetries,
    timeoutMs: timeoutMs ?? base.timeoutMs,
    isRetryable: condition ?? base.isRetryable,
  };
}

/** `5xx`, `gateway-error`, `503`, `500-504`, several by commas. */
function httpCondition(text: string | undefined): Condition | null {
  const ranges: { readonly from: number; readonly to: number }[] = [];
  for (const part of partsOf(text)) {
    const match = /^(\d{3})(?:-(\d{3}))?$/.exec(part);
    if (part === '5xx') ranges.push({ from: 500, to: 599 });
    else if (part === 'gateway-error') ranges.push({ from: 502, to: 504 });
    else if (match !== null)
      ranges.push({ from: Number(match[1]), to: Number(match[2] ?? match[1]) });
  }
  if (ranges.length === 0) return null;
  return (status) => ranges.some(({ from, to }) => status >= from && status <= to);
}

function grpcCondition(text: string | undefined): Condition | null {
  const codes = new Set<number>();
  for (const part of partsOf(text)) {
    const code = GRPC_CODES[part];
    if (code !== undefined) codes.add(code);
  }
  return codes.size === 0 ? null : (_status, grpcStatus) => codes.has(grpcStatus);
}

function partsOf(text: string | undefined): string[] {
  return (text ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim());
}

function countOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Math.min(Number(text), MAX_RETRIES) : null;
}

/** Null also of 0, which would be no time at all. */
function durationOf(text: string | undefined): number | null {
  const ms = text === undefined ? null : parseDurationMs(text);
  return ms === 0 ? null : ms;
}
