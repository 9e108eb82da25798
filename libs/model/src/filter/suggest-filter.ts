import { GRPC_STATUS_NAMES, type TapExchange } from '../tap/tap-exchange.ts';
import { FILTER_KEY_SPECS } from './filter-keys.ts';
import { formatTerm } from './format-filter.ts';
import { FILTER_KEYS, type FilterKey } from './tap-filter.ts';

/** Something that can stand at the cursor. `insert` replaces the text from `from` up to `to`. */
export interface FilterSuggestion {
  readonly insert: string;
  readonly about: string;
  readonly from: number;
  readonly to: number;
}

const MOST_SUGGESTIONS = 8;

/**
 * What could be typed at `cursor`: keys for the beginning of a term, values after `key:`, taken from `seen` (rows of
 * this tap) before the key's standing offers. At most 8, best first.
 */
export function suggestFilter(
  text: string,
  cursor: number,
  seen: readonly TapExchange[],
): readonly FilterSuggestion[] {
  const from = wordStart(text, cursor);
  const word = text.slice(from, cursor);
  const bare = word.startsWith('-') ? word.slice(1) : word;
  const colon = bare.indexOf(':');
  const to = wordEnd(text, cursor);
  if (colon === -1) return suggestKeys(bare, cursor - bare.length, to);
  const key = FILTER_KEYS.find((name) => name === bare.slice(0, colon).toLowerCase());
  if (key === undefined) return [];
  const valueStart = Math.max(word.lastIndexOf(':'), word.lastIndexOf(',')) + 1;
  return suggestValues(key, word.slice(valueStart), from + valueStart, to, seen);
}

function suggestKeys(word: string, from: number, to: number): readonly FilterSuggestion[] {
  const lower = word.toLowerCase();
  return FILTER_KEYS.filter((key) => key.startsWith(lower))
    .slice(0, word === '' ? MOST_SUGGESTIONS + 4 : MOST_SUGGESTIONS)
    .map((key) => ({ insert: `${key}:`, about: FILTER_KEY_SPECS[key].about, from, to }));
}

function suggestValues(
  key: FilterKey,
  typed: string,
  from: number,
  to: number,
  seen: readonly TapExchange[],
): readonly FilterSuggestion[] {
  const counts = countValues(key, seen);
  for (const offer of offersOf(key)) if (!counts.has(offer)) counts.set(offer, 0);
  const lower = typed.toLowerCase();
  return [...counts]
    .filter(([value]) => value.toLowerCase().includes(lower))
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST_SUGGESTIONS)
    .map(([value, count]) => ({
      insert: asValue(value),
      about: count === 0 ? '' : `seen ${count} ${count === 1 ? 'time' : 'times'}`,
      from,
      to,
    }));
}

function offersOf(key: FilterKey): readonly string[] {
  return key === 'grpc' ? GRPC_STATUS_NAMES : FILTER_KEY_SPECS[key].offers;
}

function countValues(key: FilterKey, seen: readonly TapExchange[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const exchange of seen) {
    const value = valueOf(key, exchange);
    if (value !== null && value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

function valueOf(key: FilterKey, exchange: TapExchange): string | null {
  switch (key) {
    case 'ns':
      return exchange.reporter.namespace;
    case 'src':
      return exchange.source.workload?.name ?? exchange.source.address;
    case 'dst':
      return exchange.destination.workload?.name ?? exchange.destination.address;
    case 'route':
      return exchange.route;
    case 'method':
      return exchange.method;
    case 'path':
      return exchange.path.split('?')[0] ?? '';
    case 'host':
      return exchange.authority;
    case 'status':
      return exchange.httpStatus === null ? null : String(exchange.httpStatus);
    case 'grpc':
      return exchange.grpcStatus === null ? null : (GRPC_STATUS_NAMES[exchange.grpcStatus] ?? null);
    default:
      return null;
  }
}

/** Quoted where the language wants it. */
function asValue(text: string): string {
  const term = { key: 'text', header: null, negated: false, from: 0, to: 0 } as const;
  return formatTerm({ ...term, values: [{ kind: 'pattern', text }] });
}

function wordStart(text: string, cursor: number): number {
  let at = cursor;
  while (at > 0 && text[at - 1] !== ' ') at -= 1;
  return at;
}

/** A completion replaces the rest of the word the cursor stands in, up to the next value. */
function wordEnd(text: string, cursor: number): number {
  let at = cursor;
  while (at < text.length && text[at] !== ' ' && text[at] !== ',') at += 1;
  return at;
}
