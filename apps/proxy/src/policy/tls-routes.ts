import type { tlsRoute } from '@tulle/proxy-api';
import type { TcpRule } from './outbound-rule.ts';
import { PolicyFault } from './policy-fault.ts';

/** Finds the rule for the server name that a TLS connection asks for. */
export interface TlsRoutes {
  find(serverName: string): TcpRule;
}

export interface TlsRouteInit {
  readonly snis: readonly tlsRoute.SniMatch[];
  readonly rule: TcpRule;
}

/** A DNS name has at most 253 characters. */
const EXACT = 300;

/**
 * Exact beats suffix, a longer suffix a shorter one, any name is the least; the first of equals wins.
 * @param none for names that no route has.
 * @throws PolicyFault
 */
export function compileTlsRoutes(routes: readonly TlsRouteInit[], none: TcpRule): TlsRoutes {
  const compiled = routes.map(({ snis, rule }) => ({ scores: snis.map(compileSni), rule }));
  return {
    find(serverName) {
      let best = none;
      let bestScore = -1;
      for (const { scores, rule } of compiled) {
        const own = scores.length === 0 ? 0 : Math.max(...scores.map((score) => score(serverName)));
        if (own <= bestScore) continue;
        bestScore = own;
        best = rule;
      }
      return best;
    },
  };
}

/** Gives -1 for no match. */
function compileSni({ match }: tlsRoute.SniMatch): (serverName: string) => number {
  switch (match.case) {
    case 'exact': {
      const wanted = match.value.toLowerCase();
      return (name) => (name === wanted ? EXACT : -1);
    }
    case 'suffix': {
      const suffix = `.${match.value.reverseLabels.toReversed().join('.').toLowerCase()}`;
      const rank = Math.min(suffix.length, EXACT - 1);
      return (name) => (name.length > suffix.length && name.endsWith(suffix) ? rank : -1);
    }
    default:
      throw new PolicyFault('a match of server names is of no known kind');
  }
}
