import { isIP } from 'node:net';
import { formatHostPort, type DestinationProfile, type outbound } from '@tulle/proxy-api';
import { MetricScope, type Labels } from '@tulle/telemetry';
import { PEAK_EWMA } from '../balance/load-penalty.ts';
import { defaultName, longLabels } from '../policy/meta-labels.ts';
import { compileOutboundPolicy, type BackendSource } from '../policy/outbound-policy.ts';
import type { OutboundRule, TcpRule } from '../policy/outbound-rule.ts';
import { PolicyFault } from '../policy/policy-fault.ts';
import type { RouteSet } from '../policy/route-set.ts';
import type { TlsRoutes } from '../policy/tls-routes.ts';
import type { ExchangeOwner } from '../route/http-exchange.ts';
import { retryBudgetOf } from '../route/retry-budget.ts';
import { compileRouteTable, type RouteTable } from '../route/route-table.ts';
import { NO_ROUTE } from '../route/route.ts';
import type { Address, Protocol } from '../stack/connection.ts';
import type { NoTlsReason } from '../stack/endpoint.ts';
import type { HeaderEdit } from '../stack/http-service.ts';
import { balanceBackend, balanceKey, forwardBackend, forwardKey } from './backend.ts';
import type { BackendPool } from './backend-pool.ts';
import { randomAvailable, type Picker } from './distribution.ts';
import { describeEndpoint, type EndpointDescription } from './endpoint-factory.ts';
import { outboundEdit } from './header-edits.ts';
import type { OutboundContext } from './outbound-target.ts';

/** What is in force for new requests to an address; swapped whole when the profile or the policy changes. */
export interface OutboundState extends ExchangeOwner {
  readonly protocol: Protocol;
  /** Null: profile or nothing, that is `routes` and `picker`, rules HTTP. */
  readonly policy: RouteSet<OutboundRule> | null;
  /** Why everything is refused. */
  readonly fault: string | null;
  readonly routes: RouteTable;
  readonly picker: Picker;
  readonly tcp: TcpRule;
  /** For the protocol `tls`. */
  readonly tls: TlsRoutes | null;
  /** `parent_*`. */
  readonly parent: Labels;
  readonly headerEdit: HeaderEdit;
  readonly scope: MetricScope;
}

export interface StateParts {
  readonly original: Address;
  /** Why an address that nothing is known of has no TLS. */
  readonly whyPlain: NoTlsReason;
  readonly context: OutboundContext;
  /** A change must be under way. */
  readonly pool: BackendPool;
  /** Null: none. */
  readonly profile: DestinationProfile | null;
  readonly policy: outbound.OutboundPolicy | null;
}

const FORWARD_ROUTES: RouteTable = { match: () => NO_ROUTE };

/**
 * Decides what is in force. A profile with routes or overrides rules HTTP and one with overrides rules bytes; otherwise
 * the policy does where there is one (linkerd2-proxy outbound/sidecar.rs).
 */
export function buildState(parts: StateParts): OutboundState {
  const { profile, context, original, policy } = parts;
  const name = profile?.fullyQualifiedName ?? '';
  const authority = name === '' ? null : formatHostPort(name, original.port);
  const scope = new MetricScope();
  const headerEdit = outboundEdit(authority);
  const splits = authority === null ? [] : splitsOf(profile);
  const rulesHttp = authority !== null && (splits.length > 0 || (profile?.routes.length ?? 0) > 0);
  const rules =
    policy === null || (rulesHttp && splits.length > 0)
      ? null
      : compileOutboundPolicy(policy, {
          original,
          backends: policyBackends(parts),
          metrics: context.metrics,
          scope,
          headerEdit,
          random: context.random,
        });
  if (rules !== null && rules.fault !== null) {
    const { fault } = rules;
    context.log.error({ address: original.host, port: original.port, fault }, 'policy unusable');
  }
  const isNeeded = rules === null || rulesHttp || rules.tcp === null;
  const picker = isNeeded ? pickerOf(parts, authority, splits) : NOBODY;
  const { metrics, log, inFlight, now } = context;
  return {
    protocol: profile?.opaqueProtocol === true ? 'opaque' : (rules?.protocol ?? 'detect'),
    policy: rules === null || rulesHttp ? null : rules.http,
    fault: rulesHttp ? null : (rules?.fault ?? null),
    picker,
    tcp: rules?.tcp ?? { kind: 'forward', picker, metrics: null },
    tls: rules?.tls ?? null,
    parent: rules?.parent ?? serviceLabels('parent', authority),
    scope,
    inFlight,
    now,
    headerEdit,
    budget: retryBudgetOf(profile?.retryBudget, now),
    pickAgain: () => picker.pickAgain(),
    countError: (error) => metrics.httpErrors.outbound.with({ error }).value++,
    routes:
      authority === null
        ? FORWARD_ROUTES
        : compileRouteTable(profile, {
            direction: 'outbound',
            destination: authority,
            metrics,
            scope,
            onFault: (fault) => log.warn({ service: authority, fault }, 'route left out'),
          }),
  };
}

/** Never asked: where policy rules, its own backends are. */
const NOBODY: Picker = {
  pick: () => null,
  pickAgain: () => null,
  wait: () => Promise.resolve('failfast'),
};

/** Services that get a share of the requests, by weight. */
function splitsOf(profile: DestinationProfile | null): { authority: string; weight: number }[] {
  return (profile?.dstOverrides ?? [])
    .filter(({ authority, weight }) => weight > 0 && authority !== '')
    .map(({ authority, weight }) => ({ authority, weight }));
}

/** An endpoint beats a name: then the address is one instance. */
function pickerOf(
  { profile, original, whyPlain, context, pool }: StateParts,
  authority: string | null,
  splits: readonly { authority: string; weight: number }[],
): Picker {
  const balance = (path: string): Picker => {
    const logical = authority ?? path;
    const options = { authority: path, logical, breaker: null, load: PEAK_EWMA };
    const labels = { ...serviceLabels('parent', logical), ...serviceLabels('backend', path) };
    const names = { protocol: 'http', labels } as const;
    return pool.use(balanceKey(options), () => balanceBackend(options, names, context));
  };
  if (splits.length > 0) {
    const legs = splits.map((each) => ({ item: balance(each.authority), weight: each.weight }));
    return randomAvailable(legs, context.random);
  }
  const named =
    profile?.endpoint === undefined ? null : describeEndpoint(profile.endpoint, {}, context.ownIps);
  if (named === null && authority !== null) return balance(authority);
  // A service's name that the controller does not know leads nowhere.
  if (named === null && isIP(original.host) === 0) return NOBODY;
  const description: EndpointDescription = named ?? {
    address: original,
    tls: { kind: 'none', reason: whyPlain },
    labels: {},
  };
  return pool.use(forwardKey(description), () => forwardBackend(description, context));
}

function policyBackends({ pool, context }: StateParts): BackendSource {
  return {
    balance: (path, how, names) => {
      const options = { authority: path, logical: path, ...how };
      return pool.use(balanceKey(options), () => balanceBackend(options, names, context));
    },
    forward: (address) => {
      const description = describeEndpoint(address, {}, context.ownIps);
      if (description === null) throw new PolicyFault('a backend has no valid address');
      return pool.use(forwardKey(description), () => forwardBackend(description, context));
    },
  };
}

/** How a service is called in metrics of policies where no policy calls it; null is no service. */
function serviceLabels(prefix: 'parent' | 'backend', authority: string | null): Labels {
  const [, name, namespace, port] = /^([^.]+)\.([^.]+)\.svc\..*:(\d+)$/.exec(authority ?? '') ?? [];
  if (name === undefined) return longLabels(prefix, defaultName('fallback'));
  return longLabels(prefix, {
    group: 'core',
    kind: 'Service',
    namespace: namespace ?? '',
    name,
    section: '',
    port: port ?? '',
  });
}
