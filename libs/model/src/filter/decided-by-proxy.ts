import type { FilterTerm } from './tap-filter.ts';

/** Whether proxies decide the term. Such a term loses nothing to the rate limit; the others are applied to what arrives. */
export function isDecidedByProxy(term: FilterTerm): boolean {
  return isDecidedAtBegin(term) || isDecidedAtEnd(term);
}

/**
 * Whether a tap request's Match (linkerd2-proxy-api tap.proto: method, authority, path, each exact or prefix, with
 * all/any/not) says exactly what the term says.
 */
export function isDecidedAtBegin(term: FilterTerm): boolean {
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

/**
 * Whether conditions on the outcome (our tulle_tap.proto) say exactly what the term says. Only a proxy that serves that
 * decides them; with Linkerd's they are applied to what arrives.
 */
export function isDecidedAtEnd(term: FilterTerm): boolean {
  switch (term.key) {
    case 'status':
    case 'grpc':
    case 'latency':
    case 'ttfb':
    case 'size':
    case 'reset':
    case 'failed':
    case 'retry':
      return term.values.every(({ kind }) => kind !== 'pattern' && kind !== 'present');
    default:
      return false;
  }
}

function isExactOrPrefix(text: string): boolean {
  const star = text.indexOf('*');
  return !text.includes('?') && (star === -1 || star === text.length - 1);
}
