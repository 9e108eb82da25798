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
  const { height = 132, label, points, lines } = props;
  return (
    <figure className={classes['chart']} style={{ height }} aria-label={label}>
      {points.length === 0 ? (
        <Skeleton height={height} radius="sm" />
      ) : (
        <LazyChart {...props} height={height} />
      )}
      {points.length > 0 && isSilent(points, lines) ? (
        <span className={classes['silent']}>no data in this stretch</span>
      ) : null}
    </figure>
  );
}

/** True when no line but a comparison has a value. */
function isSilent(points: readonly ChartPoint[], lines: readonly ChartLine[]): boolean {
  const own = lines.filter((line) => line.look !== 'ghost');
  return points.every((point) => own.every((line) => typeof point[line.key] !== 'number'));
}
