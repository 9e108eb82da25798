import { memo } from 'react';
import type { Health } from '@tulle/model';
import { sparkPaths } from './sparkline-path.ts';
import classes from './sparkline.module.css';

export type SparkTone = Health | 'accent' | 'blue';

export interface SparklineProps {
  /** Evenly spaced, oldest first; null leaves a gap. */
  values: readonly (number | null)[];
  tone: SparkTone;
  /** Value at the bottom edge. Default 0. For a success rate see {@link successFloor}. */
  floor?: number;
  /** Value at the top edge. Default the highest value, with a little air. */
  ceiling?: number;
  width?: number;
  height?: number;
  /** What it shows, for somebody who does not see it. Silent when absent, for a column whose figure says the same. */
  label?: string;
}

/** The last minutes as one line, plain SVG so that a page of them costs nothing. Stretches to its column's width. */
export const Sparkline = memo(function Sparkline(props: SparklineProps) {
  const { values, tone, floor = 0, width = 96, height = 20, label } = props;
  const highest = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  const ceiling = props.ceiling ?? Math.max(highest * 1.1, floor + 1e-9);
  const { line, area, dots } = sparkPaths(values, { width, height, floor, ceiling });
  const naming =
    label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label };
  return (
    <svg
      className={classes['spark']}
      data-tone={tone}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      preserveAspectRatio="none"
      {...naming}
    >
      {values.includes(null) ? (
        <path
          className={classes['ground']}
          d={`M0 ${height - 0.5}H${width}`}
          vectorEffect="non-scaling-stroke"
        />
      ) : null}
      <path className={classes['area']} d={area} />
      <path className={classes['line']} d={line} vectorEffect="non-scaling-stroke" />
      {dots.map(({ x, y }) => (
        <circle key={x} className={classes['dot']} cx={x} cy={y} r="1.2" />
      ))}
    </svg>
  );
});

/** Where a success rate's spark should start, so that a dip is seen and a healthy line is not a cliff. */
export function successFloor(values: readonly (number | null)[]): number {
  const lowest = values.reduce<number>((least, value) => Math.min(least, value ?? 1), 1);
  if (lowest >= 0.99) return 0.98;
  return Math.max(0, lowest - (1 - lowest) * 0.25);
}
