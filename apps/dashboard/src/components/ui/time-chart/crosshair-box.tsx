import { clock } from '@/lib/format/time.ts';
import type { ChartLine, ChartPoint } from './chart-model.ts';
import classes from './time-chart.module.css';

export interface CrosshairBoxProps {
  /** Given by recharts: whether the crosshair is on the chart, and where. */
  active?: boolean;
  label?: number | string;
  points: readonly ChartPoint[];
  lines: readonly ChartLine[];
  formatValue: (value: number) => string;
}

/** What the lines say at the crosshair. */
export function CrosshairBox(props: CrosshairBoxProps) {
  const { active = false, label, points, lines, formatValue } = props;
  const point = points.find((candidate) => candidate.atMs === Number(label));
  if (!active || point === undefined) return null;
  return (
    <div className={classes['box']}>
      <span className={classes['boxTime']}>{clock(point.atMs)}</span>
      {lines.map((line) => {
        const value = point[line.key];
        // A comparison nobody has is not worth a row.
        if (line.look === 'ghost' && typeof value !== 'number') return null;
        return (
          <span key={line.key} className={classes['boxRow']}>
            <span>{line.name}</span>
            <b>{typeof value === 'number' ? formatValue(value) : 'no data'}</b>
          </span>
        );
      })}
    </div>
  );
}
