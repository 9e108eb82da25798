/** Reads outbound policies: what was sent becomes rules, decided once, that say what happens to each request. */
import { fromDuration, type outbound, type WeightedAddr } from '@tulle/proxy-api';
import type { Labels, MetricScope } from '@tulle/telemetry';
import type { BreakerOptions } from '../balance/failure-breaker.ts';
import { PEAK_EWMA, type LoadOptions } from '../balance/load-penalty.ts';
import type { SuccessRateOptions } from '../balance/success-rate.ts';
import type { Backoff } from '../config/proxy-config.ts';
import type { BalanceNames, BalanceOptions } from '../discover/backend.ts';
import { randomAvailable, type Picker, type Weighted } from '../discover/distribution.ts';
import { ConnectionRouteMetrics } from '../observe/connection-metrics.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import {
  BackendPolicyMetrics,
  RoutePolicyMetrics,
  type RoutePolicyFamilies,
} from '../observe/route-policy-metrics.ts';
import type { RetryRule } from '../route/retry-rule.ts';
import type { Address } from '../stack/connection.ts';
import type { HeaderEdit } from '../stack/http-service.ts';
import { compileFilters, joinFilters } from './filters.ts';
import { longLabels, resourceName, routeLabels } from './meta-labels.ts';
import type { Leg, OutboundRule, OutboundRules, TcpRule } from './outbound-rule.ts';
import { PolicyFault } from './policy-fault.ts';
import { compileRouteSet, type RouteInit } from './route-set.ts';
import { prefixesOf } from './server-policy.ts';
import { compileTlsRoutes } from './tls-routes.ts';

/** How a policy's backends become something to send to. The caller owns what it gives. */
export interface BackendSource {
  /** @param path `name:port`. */
  balance(path: string, how: Pick<BalanceOptions, 'breaker' | 'load'>, names: BalanceNames): Picker;
  /** @throws PolicyFault when it holds no address. */
  forward(address: WeightedAddr): Picker;
}

export interface OutboundPolicyOptions {
  /** The address that the policy is for. */
  readonly original: Address;
  readonly backends: BackendSource;
  readonly metrics: ProxyMetrics;
  /** Holds the rules' series; closed by whoever replaces them. */
  readonly scope: MetricScope;
  /** What is changed in every request's head. */
  readonly headerEdit: HeaderEdit;
  /** 0 up to 1. */
  readonly random: () => number;
}

type RouteMessage = outbound.HttpRoute | outbound.GrpcRoute;
type RuleMessage = outbound.HttpRoute_Rule | outbound.GrpcRoute_Rule;
type HttpBackend = outbound.HttpRoute_RouteBackend | outbound.GrpcRoute_RouteBackend;
type TcpBackend = outbound.OpaqueRoute_RouteBackend | outbound.TlsRoute_RouteBackend;
type DistributionMessage = outbound.HttpRoute_Distribution | outbound.GrpcRoute_Distribution;

const INVALID: TcpRule = { kind: 'refuse', reason: 'invalid_policy', metrics: null };
const NO_ROUTES: OutboundRules['http'] = { find: () => null };

/** Never throws: a policy that cannot be read becomes one that answers 500. */
export function compileOutboundPolicy(
  policy: outbound.OutboundPolicy,
  options: OutboundPolicyOptions,
): OutboundRules {
  try {
    return new Compiler(policy, options).compile();
  } catch (error) {
    if (!(error instanceof PolicyFault)) throw error;
    const parent = longLabels('parent', resourceName(policy.metadata));
    return {
      protocol: 'detect',
      http: NO_ROUTES,
      tcp: INVALID,
      tls: null,
      parent,
      fault: error.message,
    };
  }
}

class Compiler {
  readonly #policy: outbound.OutboundPolicy;
  readonly #options: OutboundPolicyOptions;
  readonly #parent: Labels;

  constructor(policy: outbound.OutboundPolicy, options: OutboundPolicyOptions) {
    this.#policy = policy;
    this.#options = options;
    if (policy.metadata === undefined) throw new PolicyFault('the policy has no metadata');
    this.#parent = longLabels('parent', resourceName(policy.metadata));
  }

  compile(): OutboundRules {
    const kind = this.#policy.protocol?.kind;
    switch (kind?.case) {
      case 'detect': {
        const { http1, http2, opaque } = kind.value;
        // Linkerd's controllers send the same routes for both versions; where only one has any, they are it.
        const http = http1?.routes.length === 0 ? http2 : http1;
        if (http === undefined || opaque === undefined) {
          throw new PolicyFault('detection lacks the rules of a protocol');
        }
        // First: balancers that both use are counted under HTTP.
        const rules = this.#http(http.routes, http.failureAccrual, 'http');
        return { ...rules, tcp: this.#tcp(opaque.routes[0], 'tcp') };
      }
      case 'http1':
      case 'http2':
        return this.#http(kind.value.routes, kind.value.failureAccrual, 'http');
      case 'grpc':
        return this.#http(kind.value.routes, kind.value.failureAccrual, 'grpc');
      case 'opaque': {
        const tcp = this.#tcp(kind.value.routes[0], 'tcp');
        return { ...this.#noHttp, protocol: 'opaque', tcp };
      }
      case 'tls': {
        const routes = kind.value.routes.map((route) => ({
          snis: route.snis,
          rule: this.#tcp(route, 'tls'),
        }));
        const tls = compileTlsRoutes(routes, INVALID);
        return { ...this.#noHttp, protocol: 'tls', tcp: INVALID, tls };
      }
      default:
        throw new PolicyFault('the policy has no protocol');
    }
  }

  get #noHttp(): Omit<OutboundRules, 'protocol' | 'tcp'> {
    return { http: NO_ROUTES, tls: null, parent: this.#parent, fault: null };
  }

  #http(
    routes: readonly RouteMessage[],
    accrual: outbound.FailureAccrual | undefined,
    protocol: 'http' | 'grpc',
  ): OutboundRules {
    const breaker = breakerOf(accrual);
    const families = this.#options.metrics.routePolicy[protocol];
    return {
      ...this.#noHttp,
      protocol: 'detect',
      http: compileRouteSet(routes.map((route) => this.#route(route, breaker, families))),
      tcp: null,
    };
  }

  #route(
    route: RouteMessage,
    breaker: BreakerOptions | null,
    families: RoutePolicyFamilies,
  ): RouteInit<OutboundRule> {
    const labels = { ...this.#parent, ...routeLabels(resourceName(route.metadata)) };
    return {
      hosts: route.hosts,
      rules: route.rules.map((rule) => ({
        matches: rule.matches,
        rule: this.#rule(rule, labels, breaker, families),
      })),
    };
  }

  #rule(
    rule: RuleMessage,
    labels: Labels,
    breaker: BreakerOptions | null,
    families: RoutePolicyFamilies,
  ): OutboundRule {
    const { scope } = this.#options;
    const filters = compileFilters(rule.filters, prefixesOf(rule.matches));
    const leg = (message: HttpBackend): Leg => {
      const { backend } = message;
      if (backend?.metadata === undefined) throw new PolicyFault('a backend has no metadata');
      const own = compileFilters(message.filters, prefixesOf(rule.matches));
      const joined = joinFilters(filters, own);
      const backendLabels = longLabels('backend', resourceName(backend.metadata));
      return {
        picker: this.#picker(backend, breaker, {
          protocol: 'http',
          labels: { ...this.#parent, ...backendLabels },
        }),
        filters: own,
        headerEdit: joined.edit(this.#options.headerEdit),
        answerEdit: joined.answerEdit,
        metrics: new BackendPolicyMetrics(families, { ...labels, ...backendLabels }, scope),
      };
    };
    return {
      ...legsOf(rule.backends, leg),
      filters,
      takesHeaders: rule.allowL5dRequestHeaders,
      isGrpc: families.isGrpc,
      metrics: new RoutePolicyMetrics(families, labels, scope),
      route: {
        labels: {},
        timeoutMs: millisecondsOf(rule.timeouts?.request ?? rule.requestTimeout),
        timeouts: {
          responseMs: millisecondsOf(rule.timeouts?.response),
          idleMs: millisecondsOf(rule.timeouts?.idle),
        },
        isRetryable: false,
        retry: retryOf(rule.retry),
        classify: () => null,
        metrics: null,
      },
    };
  }

  #picker(
    backend: outbound.Backend,
    breaker: BreakerOptions | null,
    names: BalanceNames,
  ): Picker | null {
    const { kind } = backend;
    switch (kind.case) {
      case 'forward':
        return this.#options.backends.forward(kind.value);
      case 'balancer': {
        const path = kind.value.discovery?.kind.value?.path ?? '';
        if (path === '') throw new PolicyFault('a balancer has nothing to discover');
        const how = { breaker, load: loadOf(kind.value) };
        return this.#options.backends.balance(path, how, names);
      }
      default:
        return null;
    }
  }

  /** Connections match nothing within a route: its first rule is it. */
  #tcp(
    route: outbound.OpaqueRoute | outbound.TlsRoute | undefined,
    protocol: 'tcp' | 'tls',
  ): TcpRule {
    const rule = route?.rules[0];
    if (route === undefined || rule === undefined) return INVALID;
    const metrics = this.#connectionMetrics(route, protocol);
    for (const { kind } of rule.filters) {
      if (kind.case === 'forbidden') return { kind: 'refuse', reason: 'forbidden', metrics };
      throw new PolicyFault(`a filter of connections is invalid`);
    }
    const pickers: Weighted<Picker>[] = [];
    for (const { weight, item } of weightedOf<TcpBackend>(rule.backends)) {
      if (item.backend === undefined) continue;
      const backend = longLabels('backend', resourceName(item.backend.metadata));
      const names = { protocol, labels: { ...this.#parent, ...backend } };
      const picker = this.#picker(item.backend, null, names);
      if (picker !== null) pickers.push({ weight, item: picker });
    }
    if (pickers.length === 0) return { kind: 'refuse', reason: 'invalid_backend', metrics };
    return { kind: 'forward', picker: randomAvailable(pickers, this.#options.random), metrics };
  }

  #connectionMetrics(
    { metadata }: outbound.OpaqueRoute | outbound.TlsRoute,
    protocol: 'tcp' | 'tls',
  ): ConnectionRouteMetrics {
    const { metrics, scope, original } = this.#options;
    const where: Labels =
      protocol === 'tcp'
        ? { target_ip: original.host, target_port: String(original.port) }
        : // Clients choose it.
          { hostname: '' };
    const labels = { ...this.#parent, ...routeLabels(resourceName(metadata)), ...where };
    return new ConnectionRouteMetrics(metrics.connectionRoutes[protocol], labels, scope);
  }
}

function legsOf(
  distribution: DistributionMessage | undefined,
  leg: (message: HttpBackend) => Leg,
): Pick<OutboundRule, 'order' | 'legs'> {
  const order = distribution?.kind.case === 'firstAvailable' ? 'first' : 'random';
  const legs = weightedOf<HttpBackend>(distribution).map(({ weight, item }) => ({
    weight,
    item: leg(item),
  }));
  return { order, legs };
}

/** All kinds of routes distribute alike. */
interface Distribution<B> {
  readonly kind:
    | { readonly case: 'empty' | undefined }
    | { readonly case: 'firstAvailable'; readonly value: { readonly backends: readonly B[] } }
    | {
        readonly case: 'randomAvailable';
        readonly value: {
          readonly backends: readonly {
            readonly backend?: B | undefined;
            readonly weight: number;
          }[];
        };
      };
}

/** Backends with their weights; those of weight 0 are left out. @throws PolicyFault */
function weightedOf<B>(distribution: Distribution<B> | undefined): Weighted<B>[] {
  switch (distribution?.kind.case) {
    case 'firstAvailable':
      return distribution.kind.value.backends.map((item) => ({ item, weight: 1 }));
    case 'randomAvailable':
      return distribution.kind.value.backends.flatMap(({ backend, weight }) =>
        backend === undefined || weight === 0 ? [] : [{ item: backend, weight }],
      );
    case 'empty':
      return [];
    default:
      throw new PolicyFault('a rule does not say where requests go');
  }
}

/** 0 where there is none. */
function millisecondsOf(duration: Parameters<typeof fromDuration>[0] | undefined): number {
  return duration === undefined ? 0 : Math.max(0, fromDuration(duration));
}

/** Of a body kept to be sent again, whatever the policy allows. */
const MAX_REPLAY_BYTES = 64 * 1024;

function retryOf(retry: RuleMessage['retry']): RetryRule | null {
  if (retry === undefined || retry.maxRetries === 0) return null;
  const { conditions } = retry;
  if (conditions === undefined) throw new PolicyFault('retries have no conditions');
  return {
    maxRetries: retry.maxRetries,
    // At least 1: what has no body can be sent again in any case.
    maxBytes: Math.max(1, Math.min(retry.maxRequestBytes, MAX_REPLAY_BYTES)),
    backoff: retry.backoff === undefined ? null : backoffOf(retry.backoff),
    timeoutMs: millisecondsOf(retry.timeout),
    isRetryable:
      'statusRanges' in conditions ? httpConditions(conditions) : grpcConditions(conditions),
  };
}

function httpConditions({
  statusRanges,
}: outbound.HttpRoute_Retry_Conditions): RetryRule['isRetryable'] {
  return (status) => statusRanges.some(({ start, end }) => status >= start && status <= end);
}

/** Statuses by their gRPC numbers. */
function grpcConditions(conditions: outbound.GrpcRoute_Retry_Conditions): RetryRule['isRetryable'] {
  const codes = new Set<number>();
  if (conditions.cancelled) codes.add(1);
  if (conditions.deadineExceeded) codes.add(4);
  if (conditions.resourceExhausted) codes.add(8);
  if (conditions.internal) codes.add(13);
  if (conditions.unavailable) codes.add(14);
  return (_status, grpcStatus) => codes.has(grpcStatus);
}

function backoffOf(message: outbound.ExponentialBackoff): Backoff {
  const minMs = message.minBackoff === undefined ? 0 : fromDuration(message.minBackoff);
  const maxMs = message.maxBackoff === undefined ? 0 : fromDuration(message.maxBackoff);
  const jitter = message.jitterRatio;
  if (minMs <= 0 || maxMs < minMs || !(jitter >= 0)) {
    throw new PolicyFault(`a backoff from ${minMs} to ${maxMs} ms is none`);
  }
  return { minMs, maxMs, jitter };
}

/** What is not said is as linkerd2-proxy takes it. */
function loadOf({ load }: outbound.Backend_BalanceP2c): LoadOptions {
  if (load.case === undefined) return PEAK_EWMA;
  const { defaultRtt, decay } = load.value;
  const base = {
    defaultRttMs: millisecondsOf(defaultRtt) || PEAK_EWMA.defaultRttMs,
    decayMs: millisecondsOf(decay) || PEAK_EWMA.decayMs,
  };
  if (load.case === 'peakEwma') return { ...base, penalty: null };
  const { penalty, maxRetryAfter, penaltyDecay } = load.value;
  return {
    ...base,
    penalty: {
      penaltyMs: millisecondsOf(penalty) || 5_000,
      maxRetryAfterMs: millisecondsOf(maxRetryAfter) || 300_000,
      decayMs: millisecondsOf(penaltyDecay) || 10_000,
    },
  };
}

function breakerOf(accrual: outbound.FailureAccrual | undefined): BreakerOptions | null {
  switch (accrual?.kind.case) {
    case 'consecutiveFailures':
      return breaker(accrual.kind.value.maxFailures, null, accrual.kind.value.backoff);
    case 'unified': {
      const { successRateThreshold, decay, minRequests, maxConsecutiveFailures, backoff } =
        accrual.kind.value;
      const rate = {
        threshold: successRateThreshold,
        windowMs: Math.max(millisecondsOf(decay) || 10_000, 10),
        minRequests: Math.max(minRequests, 1),
      };
      return breaker(maxConsecutiveFailures, rate.threshold > 0 ? rate : null, backoff);
    }
    default:
      return null;
  }
}

function breaker(
  maxFailures: number,
  successRate: SuccessRateOptions | null,
  backoff: outbound.ExponentialBackoff | undefined,
): BreakerOptions | null {
  if (maxFailures === 0 && successRate === null) return null;
  if (backoff === undefined) throw new PolicyFault('failure accrual has no backoff');
  return { maxFailures, successRate, backoff: backoffOf(backoff) };
}
