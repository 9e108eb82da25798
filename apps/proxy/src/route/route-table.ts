import { compilePathRegex } from '@tulle/model';
import type { DestinationProfile, RequestMatch, Route as RouteMessage } from '@tulle/proxy-api';
import { fromDuration, fromHttpMethod } from '@tulle/proxy-api';
import type { Labels, MetricScope } from '@tulle/telemetry';
import type { RequestHead } from '../stack/http-service.ts';
import { prefixed, type Direction } from '../observe/labels.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import { RequestMetrics } from '../observe/request-metrics.ts';
import { compileClasses } from './classify.ts';
import { NO_TIMEOUTS } from './exchange-timers.ts';
import type { Route, RouteMetrics } from './route.ts';

/** What routes look at. The path may carry a query, which is not looked at. */
type RoutedHead = Pick<RequestHead, 'method' | 'path'>;

/** Finds a request's route. Without routes not even the path is read. */
export interface RouteTable {
  match(head: RoutedHead): Route;
}

export interface RouteTableOptions {
  readonly direction: Direction;
  /** `name:port`, the `dst` label. */
  readonly destination: string;
  readonly metrics: ProxyMetrics;
  /** Holds the routes' series; closed by whoever replaces the table. */
  readonly scope: MetricScope;
  /** Told of each route that is left out because its pattern cannot be used. */
  readonly onFault: (message: string) => void;
}

/** Answers remembered: paths repeat, and one look-up beats walking the routes. Past it the memory starts anew. */
const MAX_REMEMBERED = 2048;
/** A longer path is matched anew each time, so that memory stays bounded by its count. */
const MAX_REMEMBERED_CHARS = 256;

type Test = (method: string, path: string) => boolean;

/** Compiles a profile's routes; null is a service without a profile. Requests of no route get the default one. */
export function compileRouteTable(
  profile: DestinationProfile | null,
  options: RouteTableOptions,
): RouteTable {
  const fallback = makeRoute(null, options);
  const entries: { test: Test; route: Route }[] = [];
  for (const message of profile?.routes ?? []) {
    const test = compileRequestMatch(message.condition, options.onFault);
    if (test !== null) entries.push({ test, route: makeRoute(message, options) });
  }
  if (entries.length === 0) return { match: () => fallback };
  const remembered = new Map<string, Route>();
  return {
    match({ method, path: pathAndQuery }) {
      const end = pathAndQuery.indexOf('?');
      const path = end < 0 ? pathAndQuery : pathAndQuery.slice(0, end);
      const key = `${method} ${path}`;
      const known = remembered.get(key);
      if (known !== undefined) return known;
      const route = entries.find((entry) => entry.test(method, path))?.route ?? fallback;
      if (key.length > MAX_REMEMBERED_CHARS) return route;
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(key, route);
      return route;
    },
  };
}

function makeRoute(message: RouteMessage | null, options: RouteTableOptions): Route {
  const labels = message?.metricsLabels ?? {};
  const isInbound = options.direction === 'inbound';
  return {
    labels,
    // Timeouts and retries are the caller's side: inbound the profile only names and judges.
    timeoutMs: isInbound || message?.timeout === undefined ? 0 : fromDuration(message.timeout),
    timeouts: NO_TIMEOUTS,
    isRetryable: !isInbound && (message?.isRetryable ?? false),
    retry: null,
    classify: compileClasses(message?.responseClasses ?? []),
    metrics: makeMetrics(labels, options),
  };
}

function makeMetrics(routeLabels: Labels, options: RouteTableOptions): RouteMetrics {
  const { metrics, scope, direction } = options;
  const labels = { direction, dst: options.destination, ...prefixed('rt_', routeLabels) };
  return {
    logical: new RequestMetrics(metrics.route, labels, scope),
    actual:
      direction === 'outbound' ? new RequestMetrics(metrics.routeActual, labels, scope) : null,
    retried: metrics.routeRetryable.with(labels, scope),
    noBudget: metrics.routeRetryable.with({ ...labels, skipped: 'no_budget' }, scope),
  };
}

/** Null when a pattern in it cannot be used: the route is left out, as linkerd2-proxy does. */
function compileRequestMatch(
  match: RequestMatch | undefined,
  onFault: (message: string) => void,
): Test | null {
  switch (match?.match.case) {
    case 'all':
    case 'any': {
      const tests: Test[] = [];
      for (const each of match.match.value.matches) {
        const test = compileRequestMatch(each, onFault);
        if (test === null) return null;
        tests.push(test);
      }
      return match.match.case === 'all'
        ? (method, path) => tests.every((test) => test(method, path))
        : (method, path) => tests.some((test) => test(method, path));
    }
    case 'not': {
      const test = compileRequestMatch(match.match.value, onFault);
      return test === null ? null : (method, path) => !test(method, path);
    }
    case 'path': {
      const compiled = compilePathRegex(match.match.value.regex);
      if (compiled.ok) return (_method, path) => compiled.test(path);
      onFault(`path pattern ${match.match.value.regex}: ${compiled.fault.message}`);
      return null;
    }
    case 'method': {
      const wanted = fromHttpMethod(match.match.value);
      return (method) => method === wanted;
    }
    default:
      return null;
  }
}
