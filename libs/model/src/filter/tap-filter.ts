/**
 * The tap filter language, parsed. `key:value` with `-` to negate, `,` for any of, `*` as wildcard, comparisons for
 * numbers (`latency:>200ms`, `size:<1kb`), quotes for spaces; bare words search everything. Terms are joined by "and".
 */
import type { TapExchange } from '../tap/tap-exchange.ts';

export const FILTER_KEYS = [
  'ns',
  'src',
  'dst',
  'route',
  'method',
  'path',
  'host',
  'status',
  'grpc',
  'failed',
  'latency',
  'ttfb',
  'size',
  'header',
  'client',
  'id',
  'tls',
  'direction',
  'reset',
  'retry',
  'trace',
] as const;
export type FilterKey = (typeof FILTER_KEYS)[number];

export type CompareOp = '=' | '>' | '>=' | '<' | '<=';

/** One of the values of a term. `text` is the value as typed, without quotes. */
export type FilterValue =
  /** Text, with `*` for any run of characters. */
  | { readonly kind: 'pattern'; readonly text: string }
  /** `*` alone, or `header:NAME` without a value: the thing is there, whatever it is. */
  | { readonly kind: 'present'; readonly text: string }
  /** Milliseconds for latency, bytes for size, the plain number otherwise. */
  | {
      readonly kind: 'compare';
      readonly text: string;
      readonly op: CompareOp;
      readonly number: number;
    }
  /** `5xx`: both ends included. */
  | { readonly kind: 'range'; readonly text: string; readonly min: number; readonly max: number }
  | { readonly kind: 'flag'; readonly text: string; readonly value: boolean };

export interface FilterTerm {
  /** `text` for a bare word. */
  readonly key: FilterKey | 'text';
  /** Lower-case field name of a `header` term, null for the others. */
  readonly header: string | null;
  readonly negated: boolean;
  /** At least one; the term holds when any of them does. */
  readonly values: readonly FilterValue[];
  /** Where it stands in the text: first character and one past the last. */
  readonly from: number;
  readonly to: number;
}

export interface TapFilter {
  readonly text: string;
  /** None for an empty text, which matches everything. */
  readonly terms: readonly FilterTerm[];
  /** Compiled once; cheap enough to call for each row of a busy tap. Never throws. */
  readonly matches: (exchange: TapExchange) => boolean;
}

/** One fault in a filter's text, at the characters from `from` up to `to`. */
export interface FilterIssue {
  readonly message: string;
  readonly from: number;
  readonly to: number;
}

export type ParsedFilter =
  | { readonly ok: true; readonly filter: TapFilter }
  | { readonly ok: false; readonly issues: readonly FilterIssue[] };

/** Whether the exchange passes the filter. */
export function matchesFilter(filter: TapFilter, exchange: TapExchange): boolean {
  return filter.matches(exchange);
}
