import type { Labels } from '@tulle/telemetry';
import type { Weighted, Picker } from '../discover/distribution.ts';
import type { ConnectionRouteMetrics } from '../observe/connection-metrics.ts';
import type { BackendPolicyMetrics, RoutePolicyMetrics } from '../observe/route-policy-metrics.ts';
import type { Route } from '../route/route.ts';
import type { Protocol } from '../stack/connection.ts';
import type { HeaderEdit } from '../stack/http-service.ts';
import type { Filters } from './filters.ts';
import type { RouteSet } from './route-set.ts';
import type { TlsRoutes } from './tls-routes.ts';

/** What an address's policy says, made ready. Swapped whole. */
export interface OutboundRules {
  readonly protocol: Protocol;
  readonly http: RouteSet<OutboundRule>;
  /** Null: it says nothing of them. */
  readonly tcp: TcpRule | null;
  /** For connections of TLS; null where the policy has no rules for them. */
  readonly tls: TlsRoutes | null;
  /** `parent_*`. */
  readonly parent: Labels;
  /** Why the policy cannot be used; then every request is answered 500 and every connection refused. */
  readonly fault: string | null;
}

/** What happens to requests of one kind. */
export interface OutboundRule {
  readonly route: Route;
  /** Requests may ask for retries and timeouts of their own, by headers. */
  readonly takesHeaders: boolean;
  readonly isGrpc: boolean;
  readonly filters: Filters;
  /** `first`: the first that is ready; `random`: by weight among those that are. */
  readonly order: 'first' | 'random';
  /** Empty: nobody is there to answer. */
  readonly legs: readonly Weighted<Leg>[];
  readonly metrics: RoutePolicyMetrics;
}

/** One backend of a rule. */
export interface Leg {
  /** Null: the policy names a backend without saying how to reach it. */
  readonly picker: Picker | null;
  readonly filters: Filters;
  readonly headerEdit: HeaderEdit;
  readonly answerEdit: HeaderEdit | null;
  readonly metrics: BackendPolicyMetrics;
}

/** What happens to connections that are not looked into. */
export type TcpRule = (
  | { readonly kind: 'forward'; readonly picker: Picker }
  | {
      readonly kind: 'refuse';
      readonly reason: 'forbidden' | 'invalid_backend' | 'invalid_policy';
    }
) & {
  /** Null: the connections are no route's. */
  readonly metrics: ConnectionRouteMetrics | null;
};
