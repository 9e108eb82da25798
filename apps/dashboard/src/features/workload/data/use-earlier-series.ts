'use client';
import { useQuery } from '@tanstack/react-query';
import { keyOf } from '@tulle/model';
import type { SeriesPoint, WorkloadRef } from '@tulle/model';
import { apiFetch } from '@/lib/api/api-fetch.ts';
import type { RangeSpec } from '@/lib/range/range.ts';
import { LOOK_BACK_MS } from '../view-model/chart-points.ts';

/** History is kept in 10 s steps; asking for finer ones would bring nothing. */
const STEP_SECONDS = 20;
const REFRESH_MS = 60_000;
const NONE: readonly SeriesPoint[] = [];

/** The success rate of an hour ago, over the page's range. Empty while it is not known: it is a comfort, not a need. */
export function useEarlierSeries(workload: WorkloadRef, range: RangeSpec): readonly SeriesPoint[] {
  const resource = encodeURIComponent(keyOf(workload));
  const rangeSeconds = range.seconds + LOOK_BACK_MS / 1000;
  const { data } = useQuery({
    queryKey: ['series', resource, rangeSeconds],
    queryFn: ({ signal }) =>
      apiFetch<readonly SeriesPoint[]>(
        `/series?resource=${resource}&rangeSeconds=${rangeSeconds}&stepSeconds=${STEP_SECONDS}`,
        { signal },
      ),
    refetchInterval: REFRESH_MS,
    staleTime: REFRESH_MS,
    retry: false,
  });
  return data ?? NONE;
}
