/**
 * Reads inbound policies.
 *
 * Not done: HTTP versions that a server fixes (they are detected). Header matches look at a field's first value.
 */
import { fromDuration, type inbound } from '@tulle/proxy-api';
import type { Labels } from '@tulle/telemetry';
import { DEFAULT_ROUTE_LABELS } from '../observe/labels.ts';
import type { Protocol } from '../stack/connection.ts';
import { compileAuthorizations, type Authorization } from './authorization.ts';
import { compileFilters, NO_FILTERS, type Filters } from './filters.ts';
import { resourceName, shortLabels } from './meta-labels.ts';
import { PolicyFault } from './policy-fault.ts';
import { LocalRateLimit } from './rate-limit.ts';
import { compileRouteSet, type RouteInit, type RouteSet } from './route-set.ts';

/** How one port is served: whom it lets in, and by what rules. Swapped whole when the controller says otherwise. */
export interface ServerPolicy {
  readonly protocol: Protocol;
  /** Null: as long as the configuration says. */
  readonly detectTimeoutMs: number | null;
  /** `srv_group`, `srv_kind`, `srv_name`. */
  readonly labels: Labels;
  /** For connections. */
  readonly authorizations: readonly Authorization[];
  readonly defaultRule: InboundRule;
  /** Null: every request has the default rule. */
  readonly routes: RouteSet<InboundRule> | null;
  readonly rateLimit: LocalRateLimit | null;
  /** Why it cannot be used; then every request is answered 500. */
  readonly fault: string | null;
}

/** What requests of one kind may do. One object per rule: what is known of a client is kept by it. */
export interface InboundRule {
  /** `route_group`, `route_kind`, `route_name`. */
  readonly labels: Labels;
  readonly authorizations: readonly Authorization[];
  readonly filters: Filters;
  readonly isGrpc: boolean;
}

/** @param trustsLoopback see compileDefaultPolicy. Never throws: a server that cannot be read becomes one that answers 500. */
export function compileServerPolicy(server: inbound.Server, trustsLoopback: boolean): ServerPolicy {
  const labels = {
    srv_group: server.labels['group'] ?? '',
    srv_kind: server.labels['kind'] ?? 'default',
    srv_name: server.labels['name'] ?? 'default',
  };
  try {
    return compile(server, labels, trustsLoopback);
  } catch (error) {
    if (!(error instanceof PolicyFault)) throw error;
    return { ...plainPolicy('detect', labels, []), fault: error.message };
  }
}

/** A policy without routes. */
export function plainPolicy(
  protocol: Protocol,
  labels: Labels,
  authorizations: readonly Authorization[],
): ServerPolicy {
  return {
    protocol,
    detectTimeoutMs: null,
    labels,
    authorizations,
    defaultRule: {
      labels: DEFAULT_ROUTE_LABELS,
      authorizations,
      filters: NO_FILTERS,
      isGrpc: false,
    },
    routes: null,
    rateLimit: null,
    fault: null,
  };
}

function compile(server: inbound.Server, labels: Labels, trustsLoopback: boolean): ServerPolicy {
  const own = compileAuthorizations(server.authorizations, false);
  const authorizations = compileAuthorizations(server.authorizations, trustsLoopback);
  const kind = server.protocol?.kind;
  const withRoutes = (
    routes: readonly (inbound.HttpRoute | inbound.GrpcRoute)[],
    limit: inbound.HttpLocalRateLimit | undefined,
  ): ServerPolicy => ({
    ...plainPolicy('detect', labels, authorizations),
    routes:
      routes.length === 0
        ? null
        : compileRouteSet(routes.map((route) => compileRoute(route, own, trustsLoopback))),
    rateLimit: limit === undefined ? null : new LocalRateLimit(limit),
  });
  switch (kind?.case) {
    case 'opaque':
      return plainPolicy('opaque', labels, authorizations);
    // The application's own TLS, under ours where the client is meshed.
    case 'tls':
      return plainPolicy('tls', labels, authorizations);
    case 'detect': {
      const { httpRoutes, httpLocalRateLimit, timeout } = kind.value;
      const detectTimeoutMs = timeout === undefined ? null : fromDuration(timeout);
      return { ...withRoutes(httpRoutes, httpLocalRateLimit), detectTimeoutMs };
    }
    case 'http1':
    case 'http2':
      return withRoutes(kind.value.routes, kind.value.localRateLimit);
    case 'grpc':
      return withRoutes(kind.value.routes, undefined);
    default:
      throw new PolicyFault('the server has no protocol');
  }
}

/** A route's own authorizations come beside the server's. */
function compileRoute(
  route: inbound.HttpRoute | inbound.GrpcRoute,
  server: readonly Authorization[],
  trustsLoopback: boolean,
): RouteInit<InboundRule> {
  const labels = shortLabels('route', resourceName(route.metadata));
  const authorizations = [
    ...server,
    ...compileAuthorizations(route.authorizations, trustsLoopback),
  ];
  return {
    hosts: route.hosts,
    rules: route.rules.map(({ matches, filters }) => ({
      matches,
      rule: {
        labels,
        authorizations,
        filters: compileFilters(filters, prefixesOf(matches)),
        isGrpc: route.$typeName === 'io.linkerd.proxy.inbound.GrpcRoute',
      },
    })),
  };
}

/** The path prefixes of matches, for redirects that replace them. */
export function prefixesOf(matches: RouteInit<unknown>['rules'][number]['matches']): string[] {
  return matches.flatMap((match) =>
    'path' in match && match.path?.kind.case === 'prefix' ? [match.path.kind.value] : [],
  );
}
