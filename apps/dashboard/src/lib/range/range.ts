import { parseAsInteger, parseAsStringLiteral } from 'nuqs';

/** Lengths of time a page of charts can show, kept in its address as `?range=15m`. */
export const RANGES = ['1m', '5m', '15m', '1h'] as const;
export type Range = (typeof RANGES)[number];

export interface RangeSpec {
  readonly seconds: number;
  /** Chosen so that a chart has 60 to 180 points. */
  readonly stepSeconds: number;
  readonly words: string;
}

export const RANGE_SPECS: Readonly<Record<Range, RangeSpec>> = {
  '1m': { seconds: 60, stepSeconds: 1, words: '1 min' },
  '5m': { seconds: 300, stepSeconds: 2, words: '5 min' },
  '15m': { seconds: 900, stepSeconds: 5, words: '15 min' },
  '1h': { seconds: 3600, stepSeconds: 20, words: '1 h' },
};

export const rangeParser = parseAsStringLiteral(RANGES).withDefault('15m');
/** Ends of a stretch chosen within the range, milliseconds since the epoch. */
export const stretchParsers = { from: parseAsInteger, to: parseAsInteger };

/** Whether the page at an address shows charts over a range: only a workload's page does. */
export function hasRange(pathname: string): boolean {
  const [, place, ...rest] = pathname.split('/');
  return place === 'ns' && rest.length === 3;
}
