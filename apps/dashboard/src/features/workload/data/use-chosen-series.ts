'use client';
import { useQuery } from '@tanstack/react-query';
import { keyOf } from '@tulle/model';
import type { SeriesPoint, WorkloadRef } from '@tulle/model';
import type { Stretch } from '@/components/ui/time-chart/chart-model.ts';
import { apiFetch } from '@/lib/api/api-fetch.ts';

/** Steps of the controller's history, finest first. */
const STEPS_SECONDS = [1, 2, 5, 10, 20, 60, 300];
/** Points a chart can show. */
const MOST_POINTS = 240;

/**
 * The series of a chosen stretch, from the controller's history: the live series moves on, a chosen stretch stays, also
 * for somebody who was sent its address. Undefined while it is fetched, and for no stretch.
 */
export function useChosenSeries(
  workload: WorkloadRef,
  chosen: Stretch | null,
): readonly SeriesPoint[] | undefined {
  const { data } = useQuery({
    queryKey: ['series', keyOf(workload), chosen],
    enabled: chosen !== null,
    queryFn: ({ signal }) => {
      if (chosen === null) return [];
      const nowMs = Date.now();
      const rangeSeconds = Math.ceil((nowMs - chosen.fromMs) / 1000) + 1;
      const stepSeconds = stepFor(chosen, nowMs);
      const resource = encodeURIComponent(keyOf(workload));
      return apiFetch<readonly SeriesPoint[]>(
        `/series?resource=${resource}&rangeSeconds=${rangeSeconds}&stepSeconds=${stepSeconds}`,
        { signal },
      );
    },
    staleTime: Infinity,
  });
  return data;
}

/** The finest step that the history has for the stretch and that draws it with at most {@link MOST_POINTS}. */
export function stepFor({ fromMs, toMs }: Stretch, nowMs: number): number {
  const lengthSeconds = (toMs - fromMs) / 1000;
  const kept = stepKept((nowMs - fromMs) / 1000);
  return STEPS_SECONDS.find((step) => step >= kept && lengthSeconds / step <= MOST_POINTS) ?? 3600;
}

/** How finely the controller keeps what is this old: seconds for 15 minutes, 10 s for 6 hours, then minutes. */
function stepKept(ageSeconds: number): number {
  if (ageSeconds < 14 * 60) return 1;
  return ageSeconds < 6 * 3600 ? 10 : 60;
}
