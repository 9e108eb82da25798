'use client';
import { Skeleton } from '@mantine/core';
import dynamic from 'next/dynamic';
import type { ChartLine, ChartMark, ChartPoint, Stretch, ValueAxis } from './chart-model.ts';
import classes from './time-chart.module.css';

export interface TimeChartProps {
  /** What it shows, for somebody who does not see it: "Success rate of web over the last 15 minutes". */
  label: string;
  points: readonly ChartPoint[];
  lines: readonly ChartLine[];
  axis: ValueAxis;
  formatValue: (value: number) => string;
  /** The x axis' ends. */
  stretch: Stretch;
  marks?: readonly ChartMark[];
  /** Charts with the same id share one crosshair. */
  syncId: string;
  /** A stretch the person dragged over. Without it dragging does nothing. */
  onChoose?: (stretch: Stretch) => void;
  /** A double click. */
  onBack?: () => void;
  /** Pixels. Default 132. */
  height?: number;
}

/** Recharts is heavy (120 kB), so it comes when a chart is shown. Until then the chart's place is kept. */
const LazyChart = dynamic(
  () => import('./time-chart-body.tsx').then((body) => body.TimeChartBody),
  {
    ssr: false,
  },
);

/** Lines and percentile bands over time, with events as dashed marks and one crosshair for the whole page. */
export function TimeChart(props: TimeChartProps) {
  const { height = 132, label, points } = props;
  return (
    <figure className={classes['chart']} style={{ height }} aria-label={label}>
      {points.length === 0 ? (
        <Skeleton height={height} radius="sm" />
      ) : (
        <LazyChart {...props} height={height} />
      )}
    </figure>
  );
}
