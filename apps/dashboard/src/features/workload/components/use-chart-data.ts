'use client';
import { useQueryStates } from 'nuqs';
import { useMemo } from 'react';
import { keyOf } from '@tulle/model';
import type { WorkloadRef } from '@tulle/model';
import type { ChartPoint, Stretch } from '@/components/ui/time-chart/chart-model.ts';
import { within } from '@/components/ui/time-chart/chart-model.ts';
import { useLiveStream } from '@/lib/live/use-live-stream.ts';
import { RANGE_SPECS, rangeParser, stretchParsers } from '@/lib/range/range.ts';
import { useChosenSeries } from '../data/use-chosen-series.ts';
import { useEarlierSeries } from '../data/use-earlier-series.ts';
import { chartPoints, stretchOf } from '../view-model/chart-points.ts';

/** What the charts of a workload draw. */
export interface ChartData {
  readonly points: readonly ChartPoint[];
  readonly stretch: Stretch;
  /** "the last 15 minutes", for the charts' names. */
  readonly words: string;
  /** Null while the whole range is shown. */
  readonly chosen: Stretch | null;
  readonly choose: (stretch: Stretch) => void;
  readonly back: () => void;
  readonly error: Error | null;
}

/** Range and chosen stretch from the address, points from the live series. */
export function useChartData(workload: WorkloadRef): ChartData {
  const [{ range, from, to }, setAddress] = useQueryStates({
    range: rangeParser,
    ...stretchParsers,
  });
  const spec = RANGE_SPECS[range];
  const { rows, error } = useLiveStream(
    'series',
    {
      resource: keyOf(workload),
      rangeSeconds: spec.seconds,
      stepSeconds: spec.stepSeconds,
    },
    { limit: spec.seconds / spec.stepSeconds + 1 },
  );
  const earlier = useEarlierSeries(workload, spec);
  const chosen = useMemo(
    () => (from === null || to === null || from >= to ? null : { fromMs: from, toMs: to }),
    [from, to],
  );
  const history = useChosenSeries(workload, chosen);
  const stretch = stretchOf(rows, spec.seconds, chosen);
  const points = useMemo(() => {
    const all = chartPoints(history ?? rows, earlier);
    return chosen === null ? all : within(all, chosen);
  }, [history, rows, earlier, chosen]);
  return {
    points,
    stretch,
    words: `the last ${spec.words}`,
    chosen,
    choose: ({ fromMs, toMs }) => {
      void setAddress({ from: Math.round(fromMs), to: Math.round(toMs) });
    },
    back: () => {
      void setAddress({ from: null, to: null });
    },
    error,
  };
}
