import type { MessageInitShape } from '@bufbuild/protobuf';
import { parseKind, TulleError } from '@tulle/model';
import { toHttpMethod, toScheme } from '@tulle/proxy-api';
import type { ObserveRequest_MatchSchema, vizTap } from '@tulle/proxy-api';

type ProxyMatch = MessageInitShape<typeof ObserveRequest_MatchSchema>;
type Asked = vizTap.TapByResourceRequest_Match;
/** Deeper than any client nests; a request must not be able to exhaust the stack. */
const MAX_DEPTH = 16;

/** What a program asks for, as the proxies take it. @throws TulleError `invalid_argument` */
export function toProxyMatch(asked: Asked | undefined, depth = 0): ProxyMatch {
  if (depth > MAX_DEPTH) throw new TulleError('invalid_argument', 'The match is nested too deep.');
  const inner = (match: Asked): ProxyMatch => toProxyMatch(match, depth + 1);
  const match = asked?.match;
  switch (match?.case) {
    case undefined:
      return { match: { case: 'all', value: { matches: [] } } };
    case 'all':
    case 'any':
      return { match: { case: match.case, value: { matches: match.value.matches.map(inner) } } };
    case 'not':
      return { match: { case: 'not', value: inner(match.value) } };
    case 'destinations':
      return destinations(match.value);
    case 'http':
      return http(match.value);
  }
}

function destinations({ resource, labelSelector }: vizTap.ResourceSelection): ProxyMatch {
  if (labelSelector !== '') throw withoutSelectors();
  const kind = parseKind(resource?.type ?? '');
  if (kind === undefined) {
    throw new TulleError('invalid_argument', `"${resource?.type}" is not a kind of destination.`);
  }
  const isNamespace = kind === 'namespace';
  const namespace = isNamespace ? resource?.name : resource?.namespace;
  const labels: [key: string, value: string | undefined][] = [['namespace', namespace]];
  if (!isNamespace) labels.push([kind === 'job' ? 'k8s_job' : kind, resource?.name]);
  const matches = labels.flatMap(([key, value = '']): ProxyMatch[] =>
    value === '' ? [] : [{ match: { case: 'destinationLabel', value: { key, value } } }],
  );
  return { match: { case: 'all', value: { matches } } };
}

function http({ match }: vizTap.TapByResourceRequest_Match_Http): ProxyMatch {
  switch (match.case) {
    case 'scheme':
      return {
        match: { case: 'http', value: { match: { case: 'scheme', value: toScheme(match.value) } } },
      };
    case 'method': {
      const value = toHttpMethod(match.value.toUpperCase());
      return { match: { case: 'http', value: { match: { case: 'method', value } } } };
    }
    case 'authority': {
      const value = { match: { case: 'exact' as const, value: match.value } };
      return { match: { case: 'http', value: { match: { case: 'authority', value } } } };
    }
    case 'path': {
      const value = { match: { case: 'prefix' as const, value: match.value } };
      return { match: { case: 'http', value: { match: { case: 'path', value } } } };
    }
    case undefined:
      return { match: { case: 'all', value: { matches: [] } } };
  }
}

/** Selectors need the labels of pods, which this role does not keep. */
export function withoutSelectors(): TulleError {
  return new TulleError(
    'invalid_argument',
    'Label selectors are not known to this tap API; name the resource.',
  );
}
