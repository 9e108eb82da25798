'use client';
import { Button } from '@mantine/core';
import type { ChangeEvent, WorkloadRow } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { Num } from '@/components/ui/num/num.tsx';
import { amountAxis, successAxis } from '@/components/ui/time-chart/chart-model.ts';
import type { ChartMark } from '@/components/ui/time-chart/chart-model.ts';
import { TimeChart } from '@/components/ui/time-chart/time-chart.tsx';
import type { LineTone } from '@/components/ui/time-chart/chart-model.ts';
import { axisMilliseconds, axisPercent, axisPerSecond } from '@/lib/format/axis.ts';
import { milliseconds, NO_INBOUND, percent, perSecond } from '@/lib/format/quantity.ts';
import { clock } from '@/lib/format/time.ts';
import type { ChartData } from './use-chart-data.ts';
import classes from './workload-charts.module.css';

export interface WorkloadChartsProps {
  row: WorkloadRow;
  changes: readonly ChangeEvent[];
  data: ChartData;
  hint: (measure: 'success' | 'requests' | 'p99') => string;
}

/** Success, requests and latency over the page's range, with one crosshair and the same events on each. */
export function WorkloadCharts({ row, changes, data, hint }: WorkloadChartsProps) {
  const { points, stretch, words, chosen } = data;
  const name = row.ref.name;
  const shared = {
    points,
    stretch,
    marks: marksOf(changes, stretch),
    syncId: 'workload',
    onChoose: data.choose,
    onBack: data.back,
  };
  return (
    <>
      {chosen === null ? null : (
        <div className={classes['chosen']}>
          Showing {clock(chosen.fromMs)} to {clock(chosen.toMs)}
          <Button size="xs" onClick={data.back}>
            Back to {words}
          </Button>
        </div>
      )}
      <Card
        title="Success rate"
        aside={
          <Num
            quantity={row.golden === null ? NO_INBOUND : percent(row.golden.successRate)}
            tone={row.health}
            size="title"
            hint={hint('success')}
          />
        }
      >
        <TimeChart
          {...shared}
          label={`Success rate of ${name} over ${words}`}
          lines={[
            { key: 'before', name: '1 h ago', look: 'ghost', tone: 'quiet' },
            { key: 'success', name: 'now', look: 'fill', tone: toneOf(row), labelled: false },
          ]}
          axis={successAxis(points, ['success', 'before'])}
          formatValue={axisPercent}
        />
      </Card>
      <Card
        title="Requests"
        aside={
          <Num
            quantity={row.golden === null ? NO_INBOUND : perSecond(row.golden.requestsPerSecond)}
            size="title"
            hint={hint('requests')}
          />
        }
      >
        <TimeChart
          {...shared}
          label={`Requests per second of ${name} over ${words}`}
          lines={[
            { key: 'requests', name: 'requests', look: 'fill', tone: 'accent', labelled: false },
          ]}
          axis={amountAxis(points, ['requests'])}
          formatValue={axisPerSecond}
        />
      </Card>
      <Card title="Latency" aside={<Percentiles row={row} hint={hint('p99')} />}>
        <TimeChart
          {...shared}
          label={`Latency percentiles of ${name} over ${words}`}
          lines={[
            { key: 'p99', name: 'P99', look: 'band', tone: 'blue', opacity: 0.16 },
            { key: 'p95', name: 'P95', look: 'band', tone: 'blue', opacity: 0.26 },
            { key: 'p50', name: 'P50', look: 'line', tone: 'blue' },
          ]}
          axis={amountAxis(points, ['p50', 'p95', 'p99'])}
          formatValue={axisMilliseconds}
        />
      </Card>
    </>
  );
}

function Percentiles({ row, hint }: { row: WorkloadRow; hint: string }) {
  const { golden } = row;
  if (golden === null) return <Num quantity={NO_INBOUND} />;
  return (
    <span className={classes['percentiles']}>
      P50 <Num quantity={milliseconds(golden.latencyP50Ms)} />
      P95 <Num quantity={milliseconds(golden.latencyP95Ms)} />
      P99 <Num quantity={milliseconds(golden.latencyP99Ms)} hint={hint} />
    </span>
  );
}

function toneOf({ health }: WorkloadRow): LineTone {
  return health === 'idle' || health === 'outside' ? 'quiet' : health;
}

function marksOf(
  changes: readonly ChangeEvent[],
  { fromMs, toMs }: ChartData['stretch'],
): readonly ChartMark[] {
  return changes
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    .map(({ id, atMs, message }) => ({ id, atMs, text: message }));
}
