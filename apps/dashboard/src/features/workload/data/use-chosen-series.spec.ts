import { expect, it } from 'vitest';
import { stepFor } from './use-chosen-series.ts';

const NOW_MS = 1e12;
const stretch = (secondsAgo: number, lengthSeconds: number) => ({
  fromMs: NOW_MS - secondsAgo * 1000,
  toMs: NOW_MS - (secondsAgo - lengthSeconds) * 1000,
});

it('asks as finely as a chart can show', () => {
  expect(stepFor(stretch(60, 30), NOW_MS)).toBe(1);
  expect(stepFor(stretch(800, 800), NOW_MS)).toBe(5);
});

it('asks no finer than the history of that age is kept', () => {
  expect(stepFor(stretch(3600, 30), NOW_MS)).toBe(10);
  expect(stepFor(stretch(7 * 3600, 600), NOW_MS)).toBe(60);
});
