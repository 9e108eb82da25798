import { countBy, nameOfTraffic, percent, statusOfTraffic } from './describe-traffic.ts';
import type { SeenRequest } from '../tap/index.ts';

/** A name must stand for this share of the failures before a sentence blames it. */
const OVER_REPRESENTED = 0.5;
/** Of fewer failures than this, nothing is said of the instances they came from: it would be chance. */
const ENOUGH_TO_LOCATE = 8;
/** Share of the failures above the share of the traffic from which an instance is named. */
const CLEARLY_MORE = 0.25;

/**
 * What the sampled failures have in common, as sentences: "100 % of the failures are VoteDoughnut (gRPC Unknown), on
 * both instances." Null when no failure was sampled.
 * @param instances how many instances could have answered
 */
export function failureEvidence(traffic: readonly SeenRequest[], instances: number): string | null {
  const failures = traffic.filter(({ failed }) => failed);
  const total = sum(failures);
  const [top] = countBy(failures, labelOf);
  if (top === undefined || total === 0) return null;
  const [label, count] = top;
  const what =
    count / total >= OVER_REPRESENTED
      ? `${percent(count / total)} of the failures are ${label}`
      : `The most frequent of many failures is ${label}, ${percent(count / total)}`;
  return `${what}${where(failures, traffic, instances)}.`;
}

/** "Over-represented: VoteDoughnut (41 of 41), both instances alike"; null when no failure was sampled. */
export function overRepresented(traffic: readonly SeenRequest[], instances: number): string | null {
  const failures = traffic.filter(({ failed }) => failed);
  const total = sum(failures);
  const [top] = countBy(failures, nameOfTraffic);
  if (top === undefined) return null;
  const [name, count] = top;
  if (count / total < OVER_REPRESENTED) return 'No route stands out among the failures';
  return `Over-represented: ${name} (${count} of ${total} sampled)${where(failures, traffic, instances)}`;
}

function labelOf(row: SeenRequest): string {
  return `${nameOfTraffic(row)} (${statusOfTraffic(row)})`;
}

/** Which instances fail: one is only blamed when it fails clearly more than its share of the traffic explains. */
function where(
  failures: readonly SeenRequest[],
  traffic: readonly SeenRequest[],
  instances: number,
): string {
  const failed = sum(failures);
  if (instances < 2 || failed < ENOUGH_TO_LOCATE) return '';
  const byPod = countBy(failures, podOf);
  const [top] = byPod;
  if (top === undefined) return '';
  const [pod, count] = top;
  const shareOfTraffic = sum(traffic.filter((row) => row.pod === pod)) / sum(traffic);
  if (count / failed - shareOfTraffic >= CLEARLY_MORE) {
    return byPod.length === 1 ? `, all from ${pod}` : `, ${percent(count / failed)} from ${pod}`;
  }
  if (byPod.length === instances)
    return instances === 2 ? ', on both instances' : `, on all ${instances} instances`;
  return '';
}

function podOf({ pod }: SeenRequest): string {
  return pod;
}

function sum(rows: readonly SeenRequest[]): number {
  return rows.reduce((total, { count }) => total + count, 0);
}
