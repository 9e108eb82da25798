import { describe, expect, it } from 'vitest';
import { amountAxis, endLabels, roundUp, successAxis, timeTicks } from './chart-model.ts';
import type { ChartLine, ChartPoint } from './chart-model.ts';

const points = (values: readonly (number | null)[]): readonly ChartPoint[] =>
  values.map((value, index) => ({ atMs: index * 1000, v: value }));
const line = (key: string): ChartLine => ({ key, name: key, look: 'line', tone: 'blue' });

describe('successAxis', () => {
  it('starts just under the lowest point', () => {
    expect(successAxis(points([1, 0.926]), ['v']).domain).toEqual([0.9, 1]);
    expect(successAxis(points([1, 1]), ['v']).domain).toEqual([0.99, 1]);
    expect(successAxis(points([0]), ['v']).domain).toEqual([0, 1]);
  });

  it('copes with no data', () => {
    expect(successAxis(points([null]), ['v']).domain).toEqual([0.99, 1]);
  });
});

it('ends an amount axis at a round number', () => {
  expect(amountAxis(points([3.9, null]), ['v'])).toEqual({ domain: [0, 5], ticks: [0, 2.5, 5] });
  expect(amountAxis([], ['v']).domain).toEqual([0, 1]);
  expect(roundUp(0.013)).toBeCloseTo(0.02);
  expect(roundUp(7)).toBe(8);
});

it('marks round clock times', () => {
  const fifteenMinutes = { fromMs: 30_000, toMs: 930_000 };
  expect(timeTicks(fifteenMinutes)).toEqual([300_000, 600_000, 900_000]);
});

it('moves names at the ends of close lines apart, lowest first', () => {
  const rows: readonly ChartPoint[] = [
    { atMs: 0, a: 5, b: 5.1, c: 1 },
    { atMs: 1, a: null, b: 5.1, c: 1 },
  ];
  const labels = endLabels(rows, [line('a'), line('b'), line('c')], 1);
  expect(labels.map(({ line: { key }, y }) => [key, y])).toEqual([
    ['c', 1],
    ['a', 5],
    ['b', 6],
  ]);
});
