import { expect, it } from 'vitest';
import { ago, clockOrDate, span } from './time.ts';
import { countOf, countWords } from './words.ts';

it('starts a sentence with a number in words up to twelve', () => {
  expect(countWords(2, 'workload')).toBe('Two workloads');
  expect(countWords(1, 'workload')).toBe('One workload');
  expect(countWords(13, 'workload')).toBe('13 workloads');
});

it('knows proxies', () => {
  expect(countOf(5, 'proxy')).toBe('5 proxies');
  expect(countOf(1, 'proxy')).toBe('1 proxy');
});

it('says how long in the largest unit', () => {
  expect(span(4_900)).toBe('4 s');
  expect(span(185_000)).toBe('3 min');
  expect(span(16 * 3600_000)).toBe('16 h');
  expect(span(-5)).toBe('0 s');
  expect(ago(0, 500)).toBe('just now');
});

it('dates a time that is not of today', () => {
  const at = new Date(2026, 10, 22, 14, 2, 10).getTime();
  expect(clockOrDate(at, at + 1000)).toBe('14:02:10');
  expect(clockOrDate(at, at + 86_400_000)).toBe('22 Nov 14:02:10');
});
