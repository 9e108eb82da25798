import { describe, expect, it } from 'vitest';
import { bytes, count, milliseconds, percent, perSecond, plain } from './quantity.ts';

describe('percent', () => {
  it.each([
    [1, '100 %'],
    [0.9998, '99.98 %'],
    [0.998, '99.80 %'],
    [0.99999, '99.99 %'],
    [0.92614, '92.6 %'],
    [0.98999, '99.0 %'],
    [0.0001, '0.1 %'],
    [0, '0 %'],
    [null, 'no data'],
  ])('writes %s as %s', (rate, text) => {
    expect(plain(percent(rate))).toBe(text);
  });
});

describe('perSecond', () => {
  it.each([
    [0, '0 /s'],
    [0.016, '0.02 /s'],
    [3.94, '3.9 /s'],
    [44.8, '45 /s'],
    [999.6, '1.0 k/s'],
    [1240, '1.2 k/s'],
    [2_400_000, '2.4 M/s'],
    [Number.NaN, 'no data'],
  ])('writes %s as %s', (rate, text) => {
    expect(plain(perSecond(rate))).toBe(text);
  });
});

describe('milliseconds', () => {
  it.each([
    [0.04, '40 µs'],
    [0.62, '0.6 ms'],
    [9.96, '10 ms'],
    [28.4, '28 ms'],
    [1240, '1.2 s'],
    [90_000, '1.5 min'],
    [null, 'no data'],
  ])('writes %s as %s', (ms, text) => {
    expect(plain(milliseconds(ms))).toBe(text);
  });
});

it('counts bytes in decimal units', () => {
  expect(plain(bytes(42))).toBe('42 B');
  expect(plain(bytes(1_234_000, '/s'))).toBe('1.2 MB/s');
});

it('sets thousands apart', () => {
  expect(plain(count(12908))).toBe('12,908');
  expect(plain(count(0))).toBe('0');
});
