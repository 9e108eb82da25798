import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { NOW_MS, wobble } from '@/fixtures/mesh.ts';
import { milliseconds, percent, plain } from '@/lib/format/quantity.ts';
import { Card } from '../card/card.tsx';
import { amountAxis, successAxis } from './chart-model.ts';
import type { ChartPoint } from './chart-model.ts';
import { TimeChart } from './time-chart.tsx';

const meta: Meta = { title: 'ui/TimeChart' };
export default meta;

const POINTS: readonly ChartPoint[] = Array.from({ length: 181 }, (_, step) => ({
  atMs: NOW_MS - (180 - step) * 5000,
  success: step > 90 && step < 96 ? null : step < 26 ? 1 : 0.926 + (wobble(step, 2) - 0.5) * 0.01,
  before: 0.998 + wobble(step, 5) * 0.002,
  p50: 4 + wobble(step, 1),
  p95: 11 + wobble(step, 3) * 3,
  p99: 24 + wobble(step, 4) * 8,
}));
const STRETCH = { fromMs: NOW_MS - 900_000, toMs: NOW_MS };
const MARKS = [
  { id: '1', atMs: NOW_MS - 802_000, text: 'voting rolled to 2 instances' },
  { id: '2', atMs: NOW_MS - 411_000, text: 'web-svc has a new route' },
];

export const SuccessAndLatency: StoryObj = {
  render: () => (
    <div style={{ display: 'grid', gap: 12 }}>
      <Card title="Success rate">
        <TimeChart
          label="Success rate of web"
          points={POINTS}
          lines={[
            { key: 'before', name: '1 h ago', look: 'ghost', tone: 'quiet' },
            { key: 'success', name: 'now', look: 'fill', tone: 'degraded' },
          ]}
          axis={successAxis(POINTS, ['success', 'before'])}
          formatValue={(value) => plain(percent(value))}
          stretch={STRETCH}
          marks={MARKS}
          syncId="story"
          onChoose={() => undefined}
        />
      </Card>
      <Card title="Latency">
        <TimeChart
          label="Latency of web"
          points={POINTS}
          lines={[
            { key: 'p99', name: 'P99', look: 'band', tone: 'blue', opacity: 0.16 },
            { key: 'p95', name: 'P95', look: 'band', tone: 'blue', opacity: 0.26 },
            { key: 'p50', name: 'P50', look: 'line', tone: 'blue' },
          ]}
          axis={amountAxis(POINTS, ['p99'])}
          formatValue={(value) => plain(milliseconds(value))}
          stretch={STRETCH}
          marks={MARKS}
          syncId="story"
        />
      </Card>
    </div>
  ),
};

export const Waiting: StoryObj = {
  render: () => (
    <Card title="Requests">
      <TimeChart
        label="Requests of web"
        points={[]}
        lines={[]}
        axis={amountAxis([], [])}
        formatValue={String}
        stretch={STRETCH}
        syncId="story"
      />
    </Card>
  ),
};
