import { expect, it } from 'vitest';
import { NO_KEYS, pressKey } from './key-sequence.ts';

const KNOWN = new Set(['g o', 'g t', '?']);

it('waits after the first key and completes with the second', () => {
  const first = pressKey(NO_KEYS, 'g', 0, KNOWN);
  expect(first.pressed).toBeNull();
  expect(pressKey(first.state, 'o', 500, KNOWN).pressed).toBe('g o');
});

it('forgets the first key after a while', () => {
  const first = pressKey(NO_KEYS, 'g', 0, KNOWN);
  expect(pressKey(first.state, 'o', 5000, KNOWN).pressed).toBeNull();
});

it('lets a wrong second key be a shortcut of its own', () => {
  const first = pressKey(NO_KEYS, 'g', 0, KNOWN);
  expect(pressKey(first.state, '?', 100, KNOWN).pressed).toBe('?');
});

it('ignores other keys', () => {
  expect(pressKey(NO_KEYS, 'x', 0, KNOWN)).toEqual({ state: NO_KEYS, pressed: null });
});
