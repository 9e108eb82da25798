/** What a time chart is told, and the arithmetic of its axes. No React, no recharts. */

/** One step of time with a value per line; null where nothing was answered. */
export interface ChartPoint {
  readonly atMs: number;
  readonly [line: string]: number | null;
}

/** `fill`: a line over its own shade. `band`: a shade alone. `ghost`: a dashed grey line, for an hour ago. */
export type LineLook = 'line' | 'fill' | 'band' | 'ghost';
export type LineTone = 'well' | 'degraded' | 'failing' | 'accent' | 'blue' | 'quiet';

export interface ChartLine {
  readonly key: string;
  /** Written at the line's end and in the crosshair's box. */
  readonly name: string;
  readonly look: LineLook;
  readonly tone: LineTone;
  /** Opacity of a band, 0 to 1. */
  readonly opacity?: number;
  /** False keeps the name off the line's end. Default true. */
  readonly labelled?: boolean;
}

/** Something that happened: a dashed mark with a handle, at the same place on every chart of the page. */
export interface ChartMark {
  readonly id: string;
  readonly atMs: number;
  readonly text: string;
}

/** A stretch of time, milliseconds since the epoch. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ValueAxis {
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
}

const SUCCESS_FLOORS = [0.99, 0.95, 0.9, 0.8, 0.5, 0];

/** A success rate's axis starts where it helps: at the highest of 99, 95, 90, 80, 50 and 0 % that keeps every point. */
export function successAxis(points: readonly ChartPoint[], keys: readonly string[]): ValueAxis {
  const lowest = extreme(points, keys, Math.min) ?? 1;
  const floor = SUCCESS_FLOORS.find((candidate) => candidate <= lowest - 0.0001) ?? 0;
  return { domain: [floor, 1], ticks: [floor, (floor + 1) / 2, 1] };
}

/** An axis from 0 to a round number a little above the highest value. */
export function amountAxis(points: readonly ChartPoint[], keys: readonly string[]): ValueAxis {
  const highest = extreme(points, keys, Math.max) ?? 0;
  const ceiling = roundUp(highest * 1.05);
  return { domain: [0, ceiling], ticks: [0, ceiling / 2, ceiling] };
}

const ROUND = [1, 2, 3, 4, 5, 6, 8, 10];

/** The next number people count in: 1, 2, 3, 4, 5, 6 or 8 times a power of ten. 0 gives 1. */
export function roundUp(amount: number): number {
  if (amount <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(amount));
  const step = ROUND.find((candidate) => candidate * power >= amount * (1 - 1e-9)) ?? 10;
  return step * power;
}

const TICK_STEPS_S = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600];

/** Round clock times within a stretch, at most `most` of them. */
export function timeTicks({ fromMs, toMs }: Stretch, most = 4): readonly number[] {
  const lengthS = (toMs - fromMs) / 1000;
  const stepS = TICK_STEPS_S.find((step) => lengthS / step <= most) ?? 86_400;
  const stepMs = stepS * 1000;
  const ticks: number[] = [];
  for (let at = Math.ceil(fromMs / stepMs) * stepMs; at <= toMs; at += stepMs) ticks.push(at);
  return ticks;
}

/** Where the names at the lines' ends go: each at its last value, moved apart by at least `gap` of the axis. */
export function endLabels(
  points: readonly ChartPoint[],
  lines: readonly ChartLine[],
  gap: number,
): readonly { readonly line: ChartLine; readonly y: number }[] {
  const labels: { line: ChartLine; y: number }[] = [];
  for (const line of lines) {
    if (line.labelled === false) continue;
    const y = points.findLast((point) => typeof point[line.key] === 'number')?.[line.key];
    if (typeof y === 'number') labels.push({ line, y });
  }
  labels.sort((left, right) => left.y - right.y);
  for (let at = 1; at < labels.length; at += 1) {
    const label = labels[at];
    const below = labels[at - 1];
    if (label !== undefined && below !== undefined) label.y = Math.max(label.y, below.y + gap);
  }
  return labels;
}

/** The points of a stretch. */
export function within(
  points: readonly ChartPoint[],
  { fromMs, toMs }: Stretch,
): readonly ChartPoint[] {
  return points.filter((point) => point.atMs >= fromMs && point.atMs <= toMs);
}

function extreme(
  points: readonly ChartPoint[],
  keys: readonly string[],
  pick: (left: number, right: number) => number,
): number | null {
  let found: number | null = null;
  for (const point of points) {
    for (const key of keys) {
      const value = point[key];
      if (typeof value === 'number') found = found === null ? value : pick(found, value);
    }
  }
  return found;
}
