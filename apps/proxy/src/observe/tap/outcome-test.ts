import { isFailure, TulleError } from '@tulle/model';
import type { Condition, Range, Test } from '@tulle/proxy-api';

/** What conditions on the end are asked about: one exchange that has ended. Milliseconds from the attempt's begin. */
export interface Outcome {
  /** Null: no answer. */
  readonly httpStatus: number | null;
  readonly grpcStatus: number | null;
  /** HTTP/2 error code; null when it came to its end. */
  readonly resetCode: number | null;
  readonly latencyMs: number | null;
  readonly firstByteMs: number | null;
  readonly durationMs: number | null;
  readonly responseBytes: number;
  /** 1 for the first. */
  readonly attempt: number;
}

export type OutcomeTest = (outcome: Outcome) => boolean;

/** A filter has at most a few; more would slow every request. */
const MAX_TESTS = 200;

/** Compiles conditions once for all exchanges: all must hold. @throws TulleError `invalid_argument` for an empty one. */
export function compileOutcome(conditions: readonly Condition[]): OutcomeTest {
  if (conditions.reduce((sum, { any }) => sum + any.length, 0) > MAX_TESTS) {
    throw invalid(`there are more than ${MAX_TESTS} conditions`);
  }
  const tests = conditions.map(compileCondition);
  return (outcome) => tests.every((test) => test(outcome));
}

function compileCondition({ any, negated }: Condition): OutcomeTest {
  if (any.length === 0) throw invalid('a condition names nothing');
  const tests = any.map(compileTest);
  return (outcome) => tests.some((test) => test(outcome)) !== negated;
}

function compileTest({ test }: Test): OutcomeTest {
  switch (test.case) {
    case 'httpStatus':
      return inRange(test.value, ({ httpStatus }) => httpStatus);
    case 'grpcStatus':
      return inRange(test.value, ({ grpcStatus }) => grpcStatus);
    case 'latencyMs':
      return inRange(test.value, ({ latencyMs }) => latencyMs);
    case 'firstByteMs':
      return inRange(test.value, ({ firstByteMs }) => firstByteMs);
    case 'durationMs':
      return inRange(test.value, ({ durationMs }) => durationMs);
    case 'responseBytes':
      return inRange(test.value, ({ responseBytes }) => responseBytes);
    case 'resetCode':
      return inRange(test.value, ({ resetCode }) => resetCode);
    case 'attempt':
      return inRange(test.value, ({ attempt }) => attempt);
    case 'failed': {
      const wanted = test.value;
      return (outcome) => hasFailed(outcome) === wanted;
    }
    case 'reset': {
      const wanted = test.value;
      return ({ resetCode }) => (resetCode !== null) === wanted;
    }
    default:
      throw invalid('a condition names nothing that this proxy knows');
  }
}

/** As the controller and the page judge it. */
function hasFailed({ httpStatus, grpcStatus, resetCode }: Outcome): boolean {
  return resetCode !== null || isFailure({ httpStatus, grpcStatus, outcome: { kind: 'ended' } });
}

function inRange(range: Range, read: (outcome: Outcome) => number | null): OutcomeTest {
  const { min = -Infinity, max = Infinity, minExclusive, maxExclusive } = range;
  if (Number.isNaN(min) || Number.isNaN(max)) throw invalid('a bound is no number');
  return (outcome) => {
    const number = read(outcome);
    if (number === null) return false;
    const isAbove = minExclusive ? number > min : number >= min;
    return isAbove && (maxExclusive ? number < max : number <= max);
  };
}

function invalid(what: string): TulleError {
  return new TulleError('invalid_argument', `The outcome cannot be used: ${what}.`);
}
