import type { FilterIssue } from './tap-filter.ts';

/** A piece of a term's value list: the text without quotes and whether any part of it was quoted. */
export interface LexedValue {
  readonly text: string;
  readonly quoted: boolean;
  readonly from: number;
  readonly to: number;
}

/** One term before its key is understood. `key` is null for a bare word. */
export interface LexedTerm {
  readonly negated: boolean;
  readonly key: string | null;
  /** The NAME of `header:NAME[:…]`; null for other keys. */
  readonly header: string | null;
  readonly values: readonly LexedValue[];
  readonly from: number;
  readonly to: number;
}

const KEY = /[A-Za-z][A-Za-z-]*:/y;
const HEADER_NAME = /[^\s",:*]+/y;

/** Cuts a filter's text into terms. Faults (an open quote, a lone `-`) are put in `issues`. */
export function lexFilter(text: string, issues: FilterIssue[]): readonly LexedTerm[] {
  const terms: LexedTerm[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const term = lexTerm(text, at, issues);
    terms.push(term);
    at = skipSpace(text, term.to);
  }
  return terms;
}

function lexTerm(text: string, from: number, issues: FilterIssue[]): LexedTerm {
  const negated = text[from] === '-';
  let at = negated ? from + 1 : from;
  const keyWord = matchAt(KEY, text, at);
  at += keyWord.length;
  const key = keyWord === '' ? null : keyWord.slice(0, -1);
  let header: string | null = null;
  if (key?.toLowerCase() === 'header') {
    header = matchAt(HEADER_NAME, text, at);
    at += header.length;
    if (text[at] === ':') at += 1;
  }
  const values = lexValues(text, at, key !== null, issues);
  const to = values.at(-1)?.to ?? at;
  if (negated && to === from + 1) {
    issues.push({ message: 'A minus alone excludes nothing; write -path:/healthz', from, to });
  }
  return { negated, key, header, values, from, to };
}

function lexValues(
  text: string,
  from: number,
  splitAtComma: boolean,
  issues: FilterIssue[],
): readonly LexedValue[] {
  const values: LexedValue[] = [];
  let at = from;
  for (;;) {
    const value = lexValue(text, at, splitAtComma, issues);
    values.push(value);
    if (!splitAtComma || text[value.to] !== ',') return values;
    at = value.to + 1;
  }
}

function lexValue(
  text: string,
  from: number,
  splitAtComma: boolean,
  issues: FilterIssue[],
): LexedValue {
  let at = from;
  let out = '';
  let quoted = false;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (isSpace(char) || (splitAtComma && char === ',')) break;
    if (char !== '"') {
      out += char;
      at += 1;
      continue;
    }
    quoted = true;
    const piece = lexQuoted(text, at, issues);
    out += piece.text;
    at = piece.to;
  }
  return { text: out, quoted, from, to: at };
}

function lexQuoted(
  text: string,
  from: number,
  issues: FilterIssue[],
): { readonly text: string; readonly to: number } {
  let out = '';
  for (let at = from + 1; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '"') return { text: out, to: at + 1 };
    if (char === '\\' && at + 1 < text.length) {
      at += 1;
      out += text[at] ?? '';
    } else out += char;
  }
  issues.push({ message: 'The quote that opens here is not closed', from, to: text.length });
  return { text: out, to: text.length };
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text[at] ?? '')) at += 1;
  return at;
}

function isSpace(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\n' || char === '\r';
}
