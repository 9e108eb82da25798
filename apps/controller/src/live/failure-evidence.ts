import { countBy, nameOfTraffic, percent, statusOfTraffic } from './describe-traffic.ts';
import type { SeenRequest } from '../tap/index.ts';

/** A name must stand for this share of the failures before a sentence blames it. */
const OVER_REPRESENTED = 0.5;
/** Of fewer failures than this, nothing is said of the instances they came from: it would be chance. */
const ENOUGH_TO_LOCATE = 8;

/**
 * What the sampled failures have in common, as sentences: "100 % of the failures are VoteDoughnut (gRPC Unknown), on
 * both instances." Null when no failure was sampled.
 * @param instances how many instances could have answered
 */
export function failureEvidence(traffic: readonly SeenRequest[], instances: number): string | null {
  const failures = traffic.filter(({ failed }) => failed);
  const total = failures.reduce((sum, { count }) => sum + count, 0);
  const [top] = countBy(failures, labelOf);
  if (top === undefined || total === 0) return null;
  const [label, count] = top;
  const what =
    count / total >= OVER_REPRESENTED
      ? `${percent(count / total)} of the failures are ${label}`
      : `The most frequent of many failures is ${label}, ${percent(count / total)}`;
  return `${what}${where(failures, instances, total)}.`;
}

/** "Over-represented: VoteDoughnut (41 of 41), both instances alike"; null when no failure was sampled. */
export function overRepresented(traffic: readonly SeenRequest[], instances: number): string | null {
  const failures = traffic.filter(({ failed }) => failed);
  const total = failures.reduce((sum, { count }) => sum + count, 0);
  const [top] = countBy(failures, nameOfTraffic);
  if (top === undefined) return null;
  const [name, count] = top;
  if (count / total < OVER_REPRESENTED) return 'No route stands out among the failures';
  return `Over-represented: ${name} (${count} of ${total} sampled)${where(failures, instances, total)}`;
}

function labelOf(row: SeenRequest): string {
  return `${nameOfTraffic(row)} (${statusOfTraffic(row)})`;
}

function where(failures: readonly SeenRequest[], instances: number, total: number): string {
  if (instances < 2 || total < ENOUGH_TO_LOCATE) return '';
  const byPod = countBy(failures, ({ pod }) => pod);
  const [top] = byPod;
  if (top !== undefined && byPod.length > 1 && top[1] / total > 0.8)
    return `, ${percent(top[1] / total)} from ${top[0]}`;
  if (byPod.length === 1 && top !== undefined) return `, all from ${top[0]}`;
  return instances === 2 ? ', on both instances' : `, on ${byPod.length} of ${instances} instances`;
}
