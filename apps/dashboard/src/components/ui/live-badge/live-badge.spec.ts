import { describe, expect, it } from 'vitest';
import { badgeOf } from './live-badge.tsx';

const NOW_MS = new Date(2026, 10, 23, 14, 15, 32).getTime();
const live = { kind: 'live', version: '0.1.0', clockOffsetMs: 0 } as const;

describe('badgeOf', () => {
  it('says since when the page is stale', () => {
    const badge = badgeOf({ kind: 'stale', sinceMs: NOW_MS - 90_000, attempt: 3 }, NOW_MS);
    expect(badge.words).toBe('Stale since 14:14:02');
    expect(badge.hint).toContain('1 min old');
  });

  it('says how long the page was blind, for a while', () => {
    const back = { ...live, sinceMs: NOW_MS, blindMs: 4200 };
    expect(badgeOf(back, NOW_MS + 5000).words).toBe('Live, was blind for 4.2 s');
    expect(badgeOf(back, NOW_MS + 30_000).words).toBe('Live');
  });

  it('owns up to a short gap, and has none to own up to at first', () => {
    const blink = { ...live, sinceMs: NOW_MS, blindMs: 312 };
    expect(badgeOf(blink, NOW_MS).words).toBe('Live, was blind for 312 ms');
    expect(badgeOf({ ...blink, blindMs: null }, NOW_MS).words).toBe('Live');
  });
});
