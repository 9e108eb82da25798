import { compileFilter } from './compile-filter.ts';
import { FILTER_KEY_SPECS } from './filter-keys.ts';
import { type LexedTerm, lexFilter } from './lex-filter.ts';
import { readValue } from './read-value.ts';
import {
  FILTER_KEYS,
  type FilterIssue,
  type FilterKey,
  type FilterTerm,
  type FilterValue,
  type ParsedFilter,
  type TapFilter,
} from './tap-filter.ts';

/** A filter may be at most this long; a pasted file is a mistake, not a filter. */
export const MAX_FILTER_CHARS = 2000;

/** Matches everything. */
export const EMPTY_FILTER: TapFilter = { text: '', terms: [], matches: () => true };

/** Reads a filter's text. All faults are reported together, each with its place. Never throws. */
export function parseFilter(text: string): ParsedFilter {
  if (text.length > MAX_FILTER_CHARS) {
    const message = `A filter has at most ${MAX_FILTER_CHARS} characters; this has ${text.length}`;
    return { ok: false, issues: [{ message, from: MAX_FILTER_CHARS, to: text.length }] };
  }
  const issues: FilterIssue[] = [];
  const lexed = lexFilter(text, issues);
  if (issues.length > 0) return { ok: false, issues };
  const terms = lexed.flatMap((term) => readTerm(term, issues) ?? []);
  if (issues.length > 0) return { ok: false, issues };
  return { ok: true, filter: { text, terms, matches: compileFilter(terms) } };
}

function readTerm(lexed: LexedTerm, issues: FilterIssue[]): FilterTerm | null {
  const place = { negated: lexed.negated, from: lexed.from, to: lexed.to };
  if (lexed.key === null) {
    const values = lexed.values.map(({ text }): FilterValue => ({ kind: 'pattern', text }));
    return { key: 'text', header: null, values, ...place };
  }
  const key = lexed.key.toLowerCase();
  if (!isFilterKey(key)) {
    issues.push({ message: unknownKey(lexed.key), from: lexed.from, to: lexed.to });
    return null;
  }
  if (key === 'header') return readHeaderTerm(lexed, issues);
  return { key, header: null, values: readValues(lexed, key, issues), ...place };
}

function readHeaderTerm(lexed: LexedTerm, issues: FilterIssue[]): FilterTerm | null {
  const { negated, from, to } = lexed;
  const header = (lexed.header ?? '').toLowerCase();
  if (header === '') {
    issues.push({ message: 'Name the header: header:user-agent:curl*', from, to });
    return null;
  }
  const [only] = lexed.values;
  const bare = lexed.values.length === 1 && only?.text === '' && !only.quoted;
  const values: readonly FilterValue[] = bare
    ? [{ kind: 'present', text: '' }]
    : readValues(lexed, 'header', issues);
  return { key: 'header', header, negated, values, from, to };
}

function readValues(
  lexed: LexedTerm,
  key: FilterKey,
  issues: FilterIssue[],
): readonly FilterValue[] {
  const spec = FILTER_KEY_SPECS[key];
  return lexed.values.flatMap((lexedValue) => {
    const read = readValue(lexedValue, spec.shape);
    if (read.ok) return [read.value];
    const { from, to } = lexedValue;
    const end = to > from ? to : lexed.to;
    const message =
      lexedValue.text === '' ? `${read.message}: write ${spec.example}` : read.message;
    issues.push({ message, from: end > from ? from : lexed.from, to: end });
    return [];
  });
}

function isFilterKey(word: string): word is FilterKey {
  return (FILTER_KEYS as readonly string[]).includes(word);
}

function unknownKey(word: string): string {
  const near = FILTER_KEYS.find((key) => isNear(word.toLowerCase(), key));
  const hint = near === undefined ? `put it in quotes to search for it` : `did you mean ${near}:?`;
  return `There is no key "${word}"; ${hint}`;
}

/** One is the other's beginning, or they differ in one place. */
function isNear(word: string, key: string): boolean {
  if (word.length >= 2 && (key.startsWith(word) || word.startsWith(key))) return true;
  if (Math.abs(word.length - key.length) > 1) return false;
  let head = 0;
  while (head < word.length && word[head] === key[head]) head += 1;
  const rest = [word.slice(head), key.slice(head)] as const;
  return (
    rest[0].slice(1) === rest[1].slice(1) ||
    rest[0].slice(1) === rest[1] ||
    rest[0] === rest[1].slice(1)
  );
}
