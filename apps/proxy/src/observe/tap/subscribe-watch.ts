import { TulleError } from '@tulle/model';
import type { WatchRequest } from '@tulle/proxy-api';
import type { Counter } from '@tulle/telemetry';
import { GrpcCode, GrpcError } from '../../grpc/grpc-error.ts';
import { compileOutcome } from './outcome-test.ts';
import { compileTapMatch } from './tap-match.ts';
import { WatchSubscription } from './watch-subscription.ts';

const MAX_PER_SECOND = 10_000;
/** Of each body. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * A watch as it was asked for.
 * @throws GrpcError INVALID_ARGUMENT with what is wrong.
 */
export function subscribeWatch(
  request: WatchRequest,
  dropped: Counter,
  now: () => number,
): WatchSubscription {
  const { maxPerSecond, match, outcome, headers, bodyBytes, openAfterMs } = request;
  if (maxPerSecond < 1 || maxPerSecond > MAX_PER_SECOND) {
    throw invalid(`max_per_second must be 1 to ${MAX_PER_SECOND}`);
  }
  if (bodyBytes > MAX_BODY_BYTES) throw invalid(`body_bytes must be at most ${MAX_BODY_BYTES}`);
  if (openAfterMs > 0 && outcome.length > 0) {
    throw invalid('open_after_ms and outcome exclude each other: an open exchange has no outcome');
  }
  try {
    return new WatchSubscription({
      matches: compileTapMatch(match),
      matchesAll: match?.match.case === 'all' && match.match.value.matches.length === 0,
      outcome: outcome.length === 0 ? null : compileOutcome(outcome),
      maxPerSecond,
      wantsHeaders: headers,
      bodyBytes,
      openAfterMs,
      dropped,
      now,
    });
  } catch (error) {
    throw invalid(TulleError.from(error).message);
  }
}

function invalid(what: string): GrpcError {
  return new GrpcError(GrpcCode.invalidArgument, what);
}
