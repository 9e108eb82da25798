import type { SeriesPoint } from '@tulle/model';
import { expect, it } from 'vitest';
import { chartPoints, LOOK_BACK_MS, stretchOf } from './chart-points.ts';

const point = (atMs: number, successRate: number | null): SeriesPoint => ({
  atMs,
  successRate,
  requestsPerSecond: 1,
  latencyP50Ms: 1,
  latencyP95Ms: 2,
  latencyP99Ms: 3,
});

it('puts the success rate of an hour ago beside each step, though its steps are coarser', () => {
  const now = 10 * LOOK_BACK_MS;
  const series = [point(now, 0.9), point(now + 5000, 0.9), point(now + 30_000, null)];
  const earlier = [point(now - LOOK_BACK_MS, 1), point(now - LOOK_BACK_MS + 20_000, 0.5)];
  const points = chartPoints(series, earlier);
  expect(points.map(({ before }) => before)).toEqual([1, 1, null]);
  expect(points[2]?.['success']).toBeNull();
});

it('shows the range up to the newest point, or the chosen stretch', () => {
  const series = [point(5000, 1), point(90_000, 1)];
  expect(stretchOf(series, 60, null)).toEqual({ fromMs: 30_000, toMs: 90_000 });
  expect(stretchOf(series, 60, { fromMs: 1, toMs: 2 })).toEqual({ fromMs: 1, toMs: 2 });
});
