'use client';
import { useState } from 'react';
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceDot,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { MouseHandlerDataParam } from 'recharts';
import { clock, clockMinutes } from '@/lib/format/time.ts';
import { endLabels, timeTicks } from './chart-model.ts';
import type { ChartLine, ChartMark, Stretch } from './chart-model.ts';
import { CrosshairBox } from './crosshair-box.tsx';
import { MarkHandle } from './mark-handle.tsx';
import type { TimeChartProps } from './time-chart.tsx';

/** Height of a name at a line's end, of the plot's height in pixels. */
const LABEL_PX = 12;
/** Width kept for a letter of a name at a line's end. */
const LETTER_PX = 6.6;
const TICK = { fill: 'var(--ink3)', fontSize: 11.5 };

const COLOURS: Readonly<Record<ChartLine['tone'], string>> = {
  well: 'var(--ok-mark)',
  degraded: 'var(--warn-mark)',
  failing: 'var(--bad-mark)',
  accent: 'var(--accent)',
  blue: 'var(--blue)',
  quiet: 'var(--ink3)',
};

/** The drawn chart. Loaded by TimeChart when one is shown. */
export function TimeChartBody(props: TimeChartProps & { height: number }) {
  const { points, lines, axis, stretch, marks = [], formatValue, syncId, height } = props;
  const { chosen, handlers } = useDragToChoose(props);
  const [low, high] = axis.domain;
  const labels = endLabels(points, lines, ((high - low) * LABEL_PX) / (height - 40));
  const longest = Math.max(0, ...labels.map(({ line }) => line.name.length));
  const margin = { top: 12, right: 6 + longest * LETTER_PX, bottom: 0, left: 0 };
  const secondsMatter = stretch.toMs - stretch.fromMs <= 120_000;
  return (
    <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 480, height }}>
      <ComposedChart data={[...points]} margin={margin} syncId={syncId} {...handlers}>
        <CartesianGrid vertical={false} stroke="var(--line2)" />
        <XAxis
          dataKey="atMs"
          type="number"
          domain={[stretch.fromMs, stretch.toMs]}
          allowDataOverflow
          ticks={[...timeTicks(stretch)]}
          tickFormatter={secondsMatter ? clock : clockMinutes}
          tick={TICK}
          tickLine={false}
          axisLine={{ stroke: 'var(--line)' }}
          height={24}
        />
        <YAxis
          domain={[low, high]}
          allowDataOverflow
          ticks={[...axis.ticks]}
          tickFormatter={formatValue}
          tick={TICK}
          tickLine={false}
          axisLine={false}
          width={52}
        />
        {lines.map(drawLine)}
        {marks.map(drawMark)}
        {labels.map(({ line, y }) => (
          <ReferenceDot
            key={line.key}
            x={stretch.toMs}
            y={Math.min(y, high)}
            r={0}
            ifOverflow="visible"
            label={{ value: line.name, position: 'right', offset: 4, ...TICK }}
          />
        ))}
        {chosen === null ? null : (
          <ReferenceArea
            x1={chosen.fromMs}
            x2={chosen.toMs}
            fill="var(--accent)"
            fillOpacity={0.12}
            stroke="var(--accent)"
          />
        )}
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--ink3)', strokeWidth: 1 }}
          content={<CrosshairBox points={points} lines={lines} formatValue={formatValue} />}
        />
      </ComposedChart>
    </ResponsiveContainer>
  );
}

function drawLine(line: ChartLine) {
  const colour = COLOURS[line.tone];
  const shared = {
    dataKey: line.key,
    name: line.name,
    dot: false,
    isAnimationActive: false,
    stroke: colour,
    activeDot: { r: 2.5, fill: colour, strokeWidth: 0 },
  } as const;
  switch (line.look) {
    case 'line':
      return <Line key={line.key} {...shared} strokeWidth={1.6} />;
    case 'fill':
      return <Area key={line.key} {...shared} strokeWidth={1.6} fill={colour} fillOpacity={0.11} />;
    case 'band':
      return (
        <Area
          key={line.key}
          {...shared}
          strokeWidth={0}
          activeDot={false}
          fill={colour}
          fillOpacity={line.opacity ?? 0.2}
        />
      );
    case 'ghost':
      return (
        <Line
          key={line.key}
          {...shared}
          strokeWidth={1.2}
          strokeDasharray="3 3"
          strokeOpacity={0.75}
          activeDot={false}
        />
      );
  }
}

function drawMark(mark: ChartMark) {
  return (
    <ReferenceLine
      key={mark.id}
      x={mark.atMs}
      stroke="var(--accent)"
      strokeDasharray="2 3"
      label={<MarkHandle text={`${mark.text}\n${clock(mark.atMs)}`} />}
    />
  );
}

/** A drag over at least this share of the axis is a choice; less is a click that slipped. */
const LEAST_SHARE = 0.01;

function useDragToChoose({ onChoose, onBack, stretch }: TimeChartProps) {
  const [drag, setDrag] = useState<{ startMs: number; endMs: number } | null>(null);
  const chosen: Stretch | null =
    drag === null
      ? null
      : { fromMs: Math.min(drag.startMs, drag.endMs), toMs: Math.max(drag.startMs, drag.endMs) };
  if (onChoose === undefined) return { chosen: null, handlers: {} };
  const at = (state: MouseHandlerDataParam) => Number(state.activeLabel);
  const handlers = {
    style: { cursor: 'crosshair', userSelect: 'none' as const },
    onMouseDown(state: MouseHandlerDataParam) {
      const startMs = at(state);
      if (Number.isFinite(startMs)) setDrag({ startMs, endMs: startMs });
    },
    onMouseMove(state: MouseHandlerDataParam) {
      const endMs = at(state);
      if (drag !== null && Number.isFinite(endMs)) setDrag({ startMs: drag.startMs, endMs });
    },
    onMouseUp() {
      setDrag(null);
      if (chosen === null) return;
      const share = (chosen.toMs - chosen.fromMs) / (stretch.toMs - stretch.fromMs);
      if (share >= LEAST_SHARE) onChoose(chosen);
    },
    onDoubleClick() {
      onBack?.();
    },
  };
  return { chosen, handlers };
}
