import type { FilterTerm } from './tap-filter.ts';

const NEEDS_QUOTES = /[\s",\\]/;
/** A bare word that would be read as a key, or as a negation. */
const LOOKS_LIKE_KEY = /^(?:-|[A-Za-z][A-Za-z-]*:)/;

/** Terms as text that parses to the same terms. */
export function formatFilter(terms: readonly FilterTerm[]): string {
  return terms.map(formatTerm).join(' ');
}

/** One term as text, quoted where it must be. */
export function formatTerm(term: FilterTerm): string {
  const sign = term.negated ? '-' : '';
  if (term.key === 'text') {
    const word = term.values[0]?.text ?? '';
    const isAmbiguous = word === '' || LOOKS_LIKE_KEY.test(word);
    return sign + (isAmbiguous ? quote(word) : quoteIfNeeded(word));
  }
  const values = term.values.map(({ kind, text }) => {
    if (kind === 'pattern' && (text === '' || text === '*')) return quote(text);
    return quoteIfNeeded(text);
  });
  const name = term.key === 'header' ? `header:${term.header ?? ''}` : term.key;
  if (term.key === 'header' && term.values[0]?.kind === 'present' && term.values[0].text === '') {
    return sign + name;
  }
  return `${sign}${name}:${values.join(',')}`;
}

/** A value as it can stand after `key:`, quoted where it must be. */
export function quoteFilterValue(text: string): string {
  return text === '' || text === '*' ? quote(text) : quoteIfNeeded(text);
}

function quoteIfNeeded(text: string): string {
  return NEEDS_QUOTES.test(text) ? quote(text) : text;
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
