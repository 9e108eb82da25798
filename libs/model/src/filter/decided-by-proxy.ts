import type { FilterTerm } from './tap-filter.ts';

/**
 * Whether a tap request's Match (linkerd2-proxy-api tap.proto: method, authority, path, each exact or prefix, with
 * all/any/not) says exactly what the term says. Such a term loses nothing to the rate limit; the others are applied
 * to what arrives.
 */
export function isDecidedByProxy(term: FilterTerm): boolean {
  const patterns = term.values.every(({ kind }) => kind === 'pattern');
  if (!patterns) return false;
  switch (term.key) {
    case 'method':
      return term.values.every(({ text }) => !text.includes('*'));
    case 'path':
      return term.values.every(({ text }) => text.startsWith('/') && isExactOrPrefix(text));
    default:
      return false;
  }
}

function isExactOrPrefix(text: string): boolean {
  const star = text.indexOf('*');
  return !text.includes('?') && (star === -1 || star === text.length - 1);
}
