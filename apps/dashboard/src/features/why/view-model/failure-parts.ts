import type { FailureBreakdown } from '@tulle/model';

/** Failures by who refused, for the bar and its list. */
export interface FailurePart {
  readonly key: string;
  readonly words: string;
  readonly count: number;
  /** 0 to 1 of all failures. */
  readonly share: number;
}

const PARTS = [
  ['application', 'the application'],
  ['timeout', 'proxy timeout'],
  ['noEndpoint', 'no endpoint'],
  ['policy', 'policy'],
  ['tls', 'TLS'],
  ['reset', 'reset'],
] as const satisfies readonly (readonly [keyof FailureBreakdown, string])[];

/** Every part, also those of 0: that nothing timed out is worth knowing. */
export function failureParts(failures: FailureBreakdown): readonly FailurePart[] {
  return PARTS.map(([key, words]) => ({
    key,
    words,
    count: failures[key],
    share: failures.total === 0 ? 0 : failures[key] / failures.total,
  }));
}

/** The part that most failures are; null without failures. */
export function mainPart(parts: readonly FailurePart[]): FailurePart | null {
  const most = parts.toSorted((left, right) => right.count - left.count)[0];
  return most === undefined || most.count === 0 ? null : most;
}
