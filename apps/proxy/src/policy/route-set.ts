import type { grpcRoute, httpRoute } from '@tulle/proxy-api';
import type { RequestHead } from '../stack/http-service.ts';
import {
  compileGrpcMatch,
  compileHosts,
  compileHttpMatch,
  matchedRequest,
  type Score,
} from './request-match.ts';

/** A route as the controller sends it, with what its rules have become. */
export interface RouteInit<Rule> {
  readonly hosts: readonly httpRoute.HostMatch[];
  readonly rules: readonly {
    readonly matches: readonly (httpRoute.HttpRouteMatch | grpcRoute.GrpcRouteMatch)[];
    readonly rule: Rule;
  }[];
}

/** Finds the rule that fits a request best; the first of equals wins. Null: 404. */
export interface RouteSet<Rule> {
  find(head: RequestHead): Rule | null;
}

/** @throws PolicyFault */
export function compileRouteSet<Rule>(routes: readonly RouteInit<Rule>[]): RouteSet<Rule> {
  const compiled = routes.map(({ hosts, rules }) => ({
    hosts: compileHosts(hosts),
    rules: rules.map(({ matches, rule }) => ({ score: compileMatches(matches), rule })),
  }));
  const only = onlyRule(routes);
  if (only !== null) return { find: () => only };
  return {
    find(head) {
      const request = matchedRequest(head);
      let best: Rule | null = null;
      let bestScore = -1;
      for (const route of compiled) {
        const host = route.hosts(request);
        if (host < 0) continue;
        for (const { score, rule } of route.rules) {
          const own = score(request);
          if (own < 0 || host + own <= bestScore) continue;
          bestScore = host + own;
          best = rule;
        }
      }
      return best;
    },
  };
}

/** The usual policy: one route for everything. */
function onlyRule<Rule>(routes: readonly RouteInit<Rule>[]): Rule | null {
  const [route, ...others] = routes;
  if (route === undefined || others.length > 0 || route.hosts.length > 0) return null;
  const [first, ...more] = route.rules;
  return first === undefined || more.length > 0 || first.matches.length > 0 ? null : first.rule;
}

/** No match is a match of everything. */
function compileMatches(
  matches: readonly (httpRoute.HttpRouteMatch | grpcRoute.GrpcRouteMatch)[],
): Score {
  if (matches.length === 0) return () => 0;
  const scores = matches.map((match) =>
    'rpc' in match || match.$typeName === 'io.linkerd.proxy.grpc_route.GrpcRouteMatch'
      ? compileGrpcMatch(match)
      : compileHttpMatch(match),
  );
  return (request) => {
    let best = -1;
    for (const score of scores) best = Math.max(best, score(request));
    return best;
  };
}
