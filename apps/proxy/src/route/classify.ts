import type { ResponseClass, ResponseMatch } from '@tulle/proxy-api';

/** gRPC codes that are failures when a profile says nothing (linkerd2-proxy client-policy/src/grpc.rs). */
const GRPC_FAILURES: ReadonlySet<number> = new Set([2, 4, 7, 13, 14, 15]);

/** Whether an answer is a failure by HTTP status, as a route's response classes say; null when none of them matches. */
export type StatusClassifier = (status: number) => boolean | null;

/** The first class that matches decides. */
export function compileClasses(classes: readonly ResponseClass[]): StatusClassifier {
  if (classes.length === 0) return () => null;
  const compiled = classes.map((each) => ({
    matches: compileMatch(each.condition),
    isFailure: each.isFailure,
  }));
  return (status) => compiled.find((each) => each.matches(status))?.isFailure ?? null;
}

/**
 * Whether an answer is a failure: by the route's classes, then for gRPC by its code, otherwise by its HTTP status.
 * @param grpcStatus -1 where there is none.
 */
export function isFailure(byClass: boolean | null, status: number, grpcStatus: number): boolean {
  if (byClass !== null) return byClass;
  if (grpcStatus >= 0) return GRPC_FAILURES.has(grpcStatus);
  return status >= 500;
}

/** The number of a `grpc-status` field; -1 when it is absent, UNKNOWN (2) when it is no number. */
export function parseGrpcStatus(value: string | undefined): number {
  if (value === undefined) return -1;
  return /^\d{1,3}$/.test(value) ? Number(value) : 2;
}

type StatusTest = (status: number) => boolean;

/** A condition that says nothing matches nothing, as in linkerd2-proxy. */
function compileMatch(match: ResponseMatch | undefined): StatusTest {
  switch (match?.match.case) {
    case 'all': {
      const tests = match.match.value.matches.map(compileMatch);
      return (status) => tests.every((test) => test(status));
    }
    case 'any': {
      const tests = match.match.value.matches.map(compileMatch);
      return (status) => tests.some((test) => test(status));
    }
    case 'not': {
      const test = compileMatch(match.match.value);
      return (status) => !test(status);
    }
    case 'status': {
      const { min, max } = match.match.value;
      const low = min === 0 ? max : min;
      const high = max === 0 ? min : max;
      return (status) => status >= low && status <= high;
    }
    default:
      return () => false;
  }
}
