import type { MessageInitShape } from '@bufbuild/protobuf';
import { isDecidedAtBegin } from '@tulle/model';
import type { FilterTerm, TapFilter } from '@tulle/model';
import { toHttpMethod } from '@tulle/proxy-api';
import type { ObserveRequest_MatchSchema } from '@tulle/proxy-api';

type Match = MessageInitShape<typeof ObserveRequest_MatchSchema>;

/**
 * What the proxies can decide of a filter when a request begins, as tap.proto's Match. The rest has to be applied to what arrives; applying
 * the whole filter is right too. An `all` of nothing matches everything.
 */
export function matchOfFilter(filter: TapFilter): Match {
  const matches = filter.terms.filter(isDecidedAtBegin).map(matchOfTerm);
  return { match: { case: 'all', value: { matches } } };
}

function matchOfTerm(term: FilterTerm): Match {
  const matches = term.values.map(({ text }) => matchOfValue(term.key, text));
  const any: Match = { match: { case: 'any', value: { matches } } };
  return term.negated ? { match: { case: 'not', value: any } } : any;
}

function matchOfValue(key: FilterTerm['key'], text: string): Match {
  if (key === 'method') {
    const method = toHttpMethod(text.toUpperCase());
    return { match: { case: 'http', value: { match: { case: 'method', value: method } } } };
  }
  const isPrefix = text.endsWith('*');
  const string = isPrefix
    ? { case: 'prefix' as const, value: text.slice(0, -1) }
    : { case: 'exact' as const, value: text };
  return { match: { case: 'http', value: { match: { case: 'path', value: { match: string } } } } };
}
