/** Matches and filters of routes as the proxy API has them; inbound and outbound share them. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  toHeaders,
  toHttpMethod,
  toScheme,
  type grpcRoute,
  type httpRoute,
} from '@tulle/proxy-api';
import type {
  FilterSpec,
  GrpcMatchSpec,
  HeaderModifierSpec,
  HttpMatchSpec,
  RedirectSpec,
  StringMatchSpec,
} from './route-spec.ts';

type HttpMatchInit = MessageInitShape<typeof httpRoute.HttpRouteMatchSchema>;
type GrpcMatchInit = MessageInitShape<typeof grpcRoute.GrpcRouteMatchSchema>;
type HostInit = MessageInitShape<typeof httpRoute.HostMatchSchema>;

/** `*.example.com` is a suffix of whole labels; anything else is exact. */
export function toHostMatch(host: string): HostInit {
  if (!host.startsWith('*.')) return { match: { case: 'exact', value: host.toLowerCase() } };
  const reverseLabels = host.slice(2).toLowerCase().split('.').toReversed();
  return { match: { case: 'suffix', value: { reverseLabels } } };
}

/** A rule without matches is asked for everything: one match that does. */
export function toHttpMatches(matches: readonly HttpMatchSpec[] | undefined): HttpMatchInit[] {
  if (matches === undefined || matches.length === 0) return [{ path: toPath('PathPrefix', '/') }];
  return matches.map(({ path, headers = [], queryParams = [], method }) => ({
    path: toPath(path?.type ?? 'PathPrefix', path?.value ?? '/'),
    headers: headers.map(toHeaderMatch),
    queryParams: queryParams.map(({ type = 'Exact', name, value }) => ({
      name,
      value:
        type === 'RegularExpression'
          ? ({ case: 'regex', value } as const)
          : ({ case: 'exact', value } as const),
    })),
    ...(method === undefined ? {} : { method: toHttpMethod(method) }),
  }));
}

export function toGrpcMatches(matches: readonly GrpcMatchSpec[] | undefined): GrpcMatchInit[] {
  return (matches ?? []).map(({ method, headers = [] }) => ({
    rpc: { service: method?.service ?? '', method: method?.method ?? '' },
    headers: headers.map(toHeaderMatch),
  }));
}

function toPath(type: string, value: string): MessageInitShape<typeof httpRoute.PathMatchSchema> {
  switch (type) {
    case 'Exact':
      return { kind: { case: 'exact', value } };
    case 'RegularExpression':
      return { kind: { case: 'regex', value } };
    default:
      return { kind: { case: 'prefix', value } };
  }
}

function toHeaderMatch({
  type = 'Exact',
  name,
  value,
}: StringMatchSpec): MessageInitShape<typeof httpRoute.HeaderMatchSchema> {
  return {
    name: name.toLowerCase(),
    value:
      type === 'RegularExpression'
        ? { case: 'regex', value }
        : { case: 'exact', value: Buffer.from(value, 'latin1') },
  };
}

/** What is done to requests of a rule; the union of what the four filter messages can say. */
export type FilterInit =
  | {
      case: 'requestHeaderModifier';
      value: MessageInitShape<typeof httpRoute.RequestHeaderModifierSchema>;
    }
  | {
      case: 'responseHeaderModifier';
      value: MessageInitShape<typeof httpRoute.ResponseHeaderModifierSchema>;
    }
  | { case: 'redirect'; value: MessageInitShape<typeof httpRoute.RequestRedirectSchema> };

/** A filter; null for a type that the proxy API has no message for. */
export function toFilter(filter: FilterSpec): FilterInit | null {
  switch (filter.type) {
    case 'RequestHeaderModifier':
      return {
        case: 'requestHeaderModifier',
        value: toModifier(filter.requestHeaderModifier ?? {}),
      };
    case 'ResponseHeaderModifier':
      return {
        case: 'responseHeaderModifier',
        value: toModifier(filter.responseHeaderModifier ?? {}),
      };
    case 'RequestRedirect':
      return { case: 'redirect', value: toRedirect(filter.requestRedirect ?? {}) };
    default:
      return null;
  }
}

function toModifier({ add = [], set = [], remove = [] }: HeaderModifierSpec) {
  const fields = (list: readonly { readonly name: string; readonly value: string }[]) =>
    toHeaders(list.map(({ name, value }) => [name.toLowerCase(), value] as const));
  return { add: fields(add), set: fields(set), remove: remove.map((name) => name.toLowerCase()) };
}

function toRedirect({ scheme, hostname, port, statusCode, path }: RedirectSpec) {
  const replace =
    path?.type === 'ReplaceFullPath'
      ? ({ case: 'full', value: path.replaceFullPath ?? '/' } as const)
      : path?.type === 'ReplacePrefixMatch'
        ? ({ case: 'prefix', value: path.replacePrefixMatch ?? '/' } as const)
        : null;
  return {
    ...(scheme === undefined ? {} : { scheme: toScheme(scheme.toLowerCase()) }),
    host: hostname ?? '',
    port: port ?? 0,
    status: statusCode ?? 302,
    ...(replace === null ? {} : { path: { replace } }),
  };
}
