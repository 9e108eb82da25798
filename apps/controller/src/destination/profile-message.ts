import { create } from '@bufbuild/protobuf';
import {
  parseGoDuration,
  type RequestMatchSpec,
  type ResponseMatchSpec,
  type RetryBudgetSpec,
  type RouteSpec,
  type ServiceProfileSpec,
} from '@tulle/model';
import {
  DestinationProfileSchema,
  RequestMatchSchema,
  ResponseMatchSchema,
  RetryBudgetSchema,
  RouteSchema,
  toDuration,
  toHttpMethod,
  type DestinationProfile,
  type RequestMatch,
  type ResponseMatch,
  type RetryBudget,
  type Route,
  type WeightedAddr,
} from '@tulle/proxy-api';

/** Of a route that names none. Source: linkerd2 destination/watcher DefaultRouteTimeout, and its documentation. */
export const DEFAULT_ROUTE_TIMEOUT_MS = 10_000;

/** Of a profile that names none. Source: linkerd2 destination/profile_translator.go. */
const DEFAULT_RETRY_BUDGET: RetryBudgetSpec = {
  retryRatio: 0.2,
  minRetriesPerSecond: 10,
  ttl: '10s',
};

/** What is known of a service, or of one endpoint dialled directly. */
export interface ProfileFacts {
  /** Without port; empty where the destination is no service. */
  readonly fullyQualifiedName: string;
  /** The port asked for. */
  readonly port: number;
  readonly opaque: boolean;
  readonly spec: ServiceProfileSpec | null;
  readonly endpoint: WeightedAddr | null;
}

/** A profile as the proxy API has it. The spec must have passed `validateServiceProfile`. */
export function toDestinationProfile(facts: ProfileFacts): DestinationProfile {
  const { fullyQualifiedName, port, spec, endpoint } = facts;
  return create(DestinationProfileSchema, {
    fullyQualifiedName,
    opaqueProtocol: facts.opaque || (spec?.opaquePorts?.includes(port) ?? false),
    routes: spec?.routes.map(toRoute) ?? [],
    dstOverrides: (spec?.dstOverrides ?? []).map((override) => ({
      authority: withPort(override.authority, port),
      weight: toThousandths(override.weight),
    })),
    retryBudget: toRetryBudget(spec?.retryBudget ?? DEFAULT_RETRY_BUDGET),
    ...(endpoint === null ? {} : { endpoint }),
  });
}

/** Source: linkerd2 destination/profile_translator.go: the port asked for completes an authority without one. */
function withPort(authority: string, port: number): string {
  const name = authority.replace(/\.(?=:|$)/, '');
  return /:\d+$/.test(name) ? name : `${name}:${port}`;
}

/** A Kubernetes quantity in thousandths, as Linkerd's controller sends it. */
function toThousandths(quantity: number | string): number {
  const text = String(quantity);
  const value = text.endsWith('m') ? Number(text.slice(0, -1)) : Number(text) * 1000;
  return Math.min(Math.max(Math.round(value) || 0, 0), 0xffff_ffff);
}

function toRoute(route: RouteSpec): Route {
  const timeoutMs =
    route.timeout === undefined ? DEFAULT_ROUTE_TIMEOUT_MS : parseGoDuration(route.timeout);
  return create(RouteSchema, {
    condition: toRequestMatch(route.condition),
    responseClasses: (route.responseClasses ?? []).map(({ condition, isFailure }) => ({
      condition: toResponseMatch(condition),
      isFailure: isFailure ?? false,
    })),
    metricsLabels: { route: route.name },
    isRetryable: route.isRetryable ?? false,
    timeout: toDuration(timeoutMs ?? DEFAULT_ROUTE_TIMEOUT_MS),
  });
}

function toRetryBudget(budget: RetryBudgetSpec): RetryBudget {
  return create(RetryBudgetSchema, {
    retryRatio: budget.retryRatio,
    minRetriesPerSecond: budget.minRetriesPerSecond,
    ttl: toDuration(parseGoDuration(budget.ttl) ?? 0),
  });
}

/** Several fields in one condition all have to hold (linkerd2 `toRequestMatch`). */
function toRequestMatch(match: RequestMatchSpec): RequestMatch {
  const parts: RequestMatch[] = [];
  if (match.all !== undefined) {
    const matches = match.all.map(toRequestMatch);
    parts.push(create(RequestMatchSchema, { match: { case: 'all', value: { matches } } }));
  }
  if (match.any !== undefined) {
    const matches = match.any.map(toRequestMatch);
    parts.push(create(RequestMatchSchema, { match: { case: 'any', value: { matches } } }));
  }
  if (match.method !== undefined) {
    const value = toHttpMethod(match.method.toUpperCase());
    parts.push(create(RequestMatchSchema, { match: { case: 'method', value } }));
  }
  if (match.not !== undefined) {
    const value = toRequestMatch(match.not);
    parts.push(create(RequestMatchSchema, { match: { case: 'not', value } }));
  }
  if (match.pathRegex !== undefined) {
    const value = { regex: match.pathRegex };
    parts.push(create(RequestMatchSchema, { match: { case: 'path', value } }));
  }
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return create(RequestMatchSchema, { match: { case: 'all', value: { matches: parts } } });
}

function toResponseMatch(match: ResponseMatchSpec): ResponseMatch {
  const parts: ResponseMatch[] = [];
  if (match.all !== undefined) {
    const matches = match.all.map(toResponseMatch);
    parts.push(create(ResponseMatchSchema, { match: { case: 'all', value: { matches } } }));
  }
  if (match.any !== undefined) {
    const matches = match.any.map(toResponseMatch);
    parts.push(create(ResponseMatchSchema, { match: { case: 'any', value: { matches } } }));
  }
  if (match.status !== undefined) {
    // A bound left out is 0 on the wire: the proxy then takes the other one alone.
    const { min = 0, max = 0 } = match.status;
    parts.push(create(ResponseMatchSchema, { match: { case: 'status', value: { min, max } } }));
  }
  if (match.not !== undefined) {
    const value = toResponseMatch(match.not);
    parts.push(create(ResponseMatchSchema, { match: { case: 'not', value } }));
  }
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return create(ResponseMatchSchema, { match: { case: 'all', value: { matches: parts } } });
}
