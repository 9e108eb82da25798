import { expect, it } from 'vitest';
import { sparkPaths } from './sparkline-path.ts';

const BOX = { width: 30, height: 13, floor: 0, ceiling: 10 };

it('spreads values over the width', () => {
  const { line } = sparkPaths([0, 10, 0, 10], BOX);
  expect(line).toBe('M0 11.5L10 1.5L20 11.5L30 1.5');
});

it('breaks the line where nothing was answered and keeps a lone point as a dot', () => {
  const { line, dots } = sparkPaths([0, 0, null, 10], BOX);
  expect(line).toBe('M0 11.5L10 11.5');
  expect(dots).toEqual([{ x: 30, y: 1.5 }]);
});

it('draws nothing for no data', () => {
  expect(sparkPaths([null, null], BOX)).toEqual({ line: '', area: '', dots: [] });
  expect(sparkPaths([], BOX).line).toBe('');
});

it('keeps what lies outside at the edge', () => {
  expect(sparkPaths([-5, 50], BOX).line).toBe('M0 11.5L30 1.5');
});
