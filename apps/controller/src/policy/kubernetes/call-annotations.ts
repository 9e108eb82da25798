import type { MessageInitShape } from '@bufbuild/protobuf';
import { parseGoDuration } from '@tulle/model';
import { toDuration, type httpRoute, type outbound } from '@tulle/proxy-api';
import type { Labels } from './kept-policies.ts';

type TimeoutsInit = MessageInitShape<typeof httpRoute.TimeoutsSchema>;
type HttpRetryInit = MessageInitShape<typeof outbound.HttpRoute_RetrySchema>;
type GrpcRetryInit = MessageInitShape<typeof outbound.GrpcRoute_RetrySchema>;
type AccrualInit = MessageInitShape<typeof outbound.FailureAccrualSchema>;

/** Source: linkerd2 policy-controller/k8s/index/src/outbound/index.rs. */
const DEFAULT_RETRY_LIMIT = 1;
const MAX_RETRY_BYTES = 64 * 1024;
const DEFAULT_MAX_FAILURES = 7;
const DEFAULT_MIN_PENALTY_MS = 1000;
const DEFAULT_MAX_PENALTY_MS = 60_000;
const DEFAULT_JITTER = 0.5;

/** `timeout.linkerd.io/{request,response,idle}`; what is no duration counts as not said. */
export function timeoutsOf(annotations: Labels): TimeoutsInit {
  const at = (name: string) => durationOf(annotations[`timeout.linkerd.io/${name}`]);
  const [request, response, idle] = [at('request'), at('response'), at('idle')];
  return {
    ...(request === null ? {} : { request }),
    ...(response === null ? {} : { response }),
    ...(idle === null ? {} : { idle }),
  };
}

/** `retry.linkerd.io/http`: `5xx`, `gateway-error`, or statuses and ranges; null where nothing is to be retried. */
export function httpRetryOf(annotations: Labels): HttpRetryInit | null {
  const ranges = (annotations['retry.linkerd.io/http'] ?? '').split(',').flatMap((part) => {
    const word = part.trim();
    if (word === '5xx') return [{ start: 500, end: 599 }];
    if (word === 'gateway-error') return [{ start: 502, end: 504 }];
    const [, first, last = first] = /^([45]\d\d)(?:-([45]\d\d))?$/.exec(word) ?? [];
    return first === undefined ? [] : [{ start: Number(first), end: Number(last) }];
  });
  if (ranges.length === 0) return null;
  return { ...retryLimits(annotations), conditions: { statusRanges: ranges } };
}

const GRPC_CONDITIONS = {
  cancelled: 'cancelled',
  'deadline-exceeded': 'deadineExceeded',
  internal: 'internal',
  'resource-exhausted': 'resourceExhausted',
  unavailable: 'unavailable',
} as const;

/** `retry.linkerd.io/grpc`: names of statuses; null where nothing is to be retried. */
export function grpcRetryOf(annotations: Labels): GrpcRetryInit | null {
  const words = (annotations['retry.linkerd.io/grpc'] ?? '').split(',').map((word) => word.trim());
  const known = words.flatMap((word) =>
    word in GRPC_CONDITIONS ? [GRPC_CONDITIONS[word as keyof typeof GRPC_CONDITIONS]] : [],
  );
  if (known.length === 0) return null;
  const conditions = Object.fromEntries(known.map((name) => [name, true]));
  return { ...retryLimits(annotations), conditions };
}

function retryLimits(annotations: Labels) {
  const limit = Number(annotations['retry.linkerd.io/limit'] ?? DEFAULT_RETRY_LIMIT);
  const timeout = durationOf(annotations['retry.linkerd.io/timeout']);
  return {
    maxRetries: Number.isInteger(limit) && limit >= 0 ? limit : DEFAULT_RETRY_LIMIT,
    maxRequestBytes: MAX_RETRY_BYTES,
    ...(timeout === null ? {} : { timeout }),
  };
}

/** `balancer.linkerd.io/failure-accrual: consecutive`; null without it. */
export function failureAccrualOf(annotations: Labels): AccrualInit | null {
  const at = (name: string) => annotations[`balancer.linkerd.io/failure-accrual${name}`];
  if (at('') !== 'consecutive') return null;
  const failures = Number(at('-consecutive-max-failures') ?? DEFAULT_MAX_FAILURES);
  const jitter = Number(at('-consecutive-jitter-ratio') ?? DEFAULT_JITTER);
  const least = durationOf(at('-consecutive-min-penalty')) ?? toDuration(DEFAULT_MIN_PENALTY_MS);
  const most = durationOf(at('-consecutive-max-penalty')) ?? toDuration(DEFAULT_MAX_PENALTY_MS);
  return {
    kind: {
      case: 'consecutiveFailures',
      value: {
        maxFailures: Number.isInteger(failures) && failures > 0 ? failures : DEFAULT_MAX_FAILURES,
        backoff: {
          minBackoff: least,
          maxBackoff: most,
          jitterRatio: jitter >= 0 && jitter <= 100 ? jitter : DEFAULT_JITTER,
        },
      },
    },
  };
}

function durationOf(text: string | undefined) {
  const ms = text === undefined ? null : parseGoDuration(text);
  return ms === null || ms <= 0 ? null : toDuration(ms);
}
