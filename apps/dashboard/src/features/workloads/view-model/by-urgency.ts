import type { Health, WorkloadRow } from '@tulle/model';

const URGENCY: Readonly<Record<Health, number>> = {
  failing: 0,
  degraded: 1,
  well: 2,
  idle: 3,
  outside: 4,
};

/** What fails first, what is outside last, by name within. The order of a table nobody has sorted. */
export function byUrgency(rows: readonly WorkloadRow[]): readonly WorkloadRow[] {
  return rows.toSorted(
    (left, right) =>
      URGENCY[left.health] - URGENCY[right.health] || left.ref.name.localeCompare(right.ref.name),
  );
}
