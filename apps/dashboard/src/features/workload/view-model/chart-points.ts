import type { SeriesPoint } from '@tulle/model';
import type { ChartPoint, Stretch } from '@/components/ui/time-chart/chart-model.ts';

/** An hour: what the dashed grey line of the success chart looks back. */
export const LOOK_BACK_MS = 3_600_000;

/** One row per step for all three charts, with the success rate of an hour before where it is known. */
export function chartPoints(
  series: readonly SeriesPoint[],
  earlier: readonly SeriesPoint[],
): readonly ChartPoint[] {
  const before = successLookup(earlier);
  return series.map((point) => ({
    atMs: point.atMs,
    success: point.successRate,
    before: before(point.atMs - LOOK_BACK_MS),
    requests: point.requestsPerSecond,
    p50: point.latencyP50Ms,
    p95: point.latencyP95Ms,
    p99: point.latencyP99Ms,
  }));
}

/** The axis' ends: the chosen stretch, or `rangeSeconds` up to the newest point. */
export function stretchOf(
  series: readonly SeriesPoint[],
  rangeSeconds: number,
  chosen: Stretch | null,
): Stretch {
  if (chosen !== null) return chosen;
  const toMs = series.at(-1)?.atMs ?? 0;
  return { fromMs: toMs - rangeSeconds * 1000, toMs };
}

/** The value of the step a moment falls into, for rows that come in steps of their own. */
function successLookup(rows: readonly SeriesPoint[]): (atMs: number) => number | null {
  const first = rows[0];
  const second = rows[1];
  if (first === undefined || second === undefined) return () => null;
  const stepMs = second.atMs - first.atMs;
  const byStep = new Map(rows.map((row) => [Math.round(row.atMs / stepMs), row.successRate]));
  return (atMs) => byStep.get(Math.round(atMs / stepMs)) ?? null;
}
