import { expect, it } from 'vitest';
import { axisMilliseconds, axisPercent, axisPerSecond } from './axis.ts';

it('drops decimals that say nothing', () => {
  expect([1, 0.995, 0.99, 0.95, 0.975].map(axisPercent)).toEqual([
    '100 %',
    '99.5 %',
    '99 %',
    '95 %',
    '97.5 %',
  ]);
  expect([0, 2.5, 5, 1200].map(axisPerSecond)).toEqual(['0', '2.5 /s', '5 /s', '1.2 k/s']);
  expect([0, 20, 1.5].map(axisMilliseconds)).toEqual(['0', '20 ms', '1.5 ms']);
});
