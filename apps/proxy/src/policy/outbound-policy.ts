/**
 * Reads outbound policies: what was sent becomes rules, decided once, that say what happens to each request.
 *
 * Not done: TLS routes by server name (the first is taken), success-rate accrual (its limit of consecutive failures is
 * kept), and the balancer's own parameters (default RTT, decay, penalties).
 */
import { fromDuration, type outbound, type WeightedAddr } from '@tulle/proxy-api';
import type { Labels, MetricScope } from '@tulle/telemetry';
import type { BreakerOptions } from '../balance/failure-breaker.ts';
import type { Backoff } from '../config/proxy-config.ts';
import { randomAvailable, type Picker, type Weighted } from '../discover/distribution.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import {
  BackendPolicyMetrics,
  RoutePolicyMetrics,
  type RoutePolicyFamilies,
} from '../observe/route-policy-metrics.ts';
import type { RetryRule } from '../route/retry-rule.ts';
import type { HeaderEdit } from '../stack/http-service.ts';
import { compileFilters, joinFilters } from './filters.ts';
import { longLabels, resourceName, routeLabels } from './meta-labels.ts';
import type { Leg, OutboundRule, OutboundRules, TcpRule } from './outbound-rule.ts';
import { PolicyFault } from './policy-fault.ts';
import { compileRouteSet, type RouteInit } from './route-set.ts';
import { prefixesOf } from './server-policy.ts';

/** How a policy's backends become something to send to. The caller owns what it gives. */
export interface BackendSource {
  /** @param path `name:port`. */
  balance(path: string, breaker: BreakerOptions | null): Picker;
  /** @throws PolicyFault when it holds no address. */
  forward(address: WeightedAddr): Picker;
}

export interface OutboundPolicyOptions {
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
    const tcp: TcpRule = { kind: 'refuse', reason: 'invalid_policy' };
    return { protocol: 'detect', http: NO_ROUTES, tcp, fault: error.message };
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
        const tcp = this.#tcp(opaque.routes);
        return { ...this.#http(http.routes, http.failureAccrual, 'http'), tcp };
      }
      case 'http1':
      case 'http2':
        return this.#http(kind.value.routes, kind.value.failureAccrual, 'http');
      case 'grpc':
        return this.#http(kind.value.routes, kind.value.failureAccrual, 'grpc');
      case 'opaque':
      case 'tls': {
        const tcp = this.#tcp(kind.value.routes);
        return { protocol: 'opaque', http: NO_ROUTES, tcp, fault: null };
      }
      default:
        throw new PolicyFault('the policy has no protocol');
    }
  }

  #http(
    routes: readonly RouteMessage[],
    accrual: outbound.FailureAccrual | undefined,
    protocol: 'http' | 'grpc',
  ): OutboundRules {
    const breaker = breakerOf(accrual);
    const families = this.#options.metrics.routePolicy[protocol];
    return {
      protocol: 'detect',
      http: compileRouteSet(routes.map((route) => this.#route(route, breaker, families))),
      tcp: null,
      fault: null,
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
        picker: this.#picker(backend, breaker),
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

  #picker(backend: outbound.Backend, breaker: BreakerOptions | null): Picker | null {
    const { kind } = backend;
    switch (kind.case) {
      case 'forward':
        return this.#options.backends.forward(kind.value);
      case 'balancer': {
        const path = kind.value.discovery?.kind.value?.path ?? '';
        if (path === '') throw new PolicyFault('a balancer has nothing to discover');
        return this.#options.backends.balance(path, breaker);
      }
      default:
        return null;
    }
  }

  /** Connections match no criteria but the server name of TLS, which is not read: the first rule is it. */
  #tcp(routes: readonly (outbound.OpaqueRoute | outbound.TlsRoute)[]): TcpRule {
    const rule = routes[0]?.rules[0];
    if (rule === undefined) return { kind: 'refuse', reason: 'invalid_policy' };
    for (const { kind } of rule.filters) {
      if (kind.case === 'forbidden') return { kind: 'refuse', reason: 'forbidden' };
      throw new PolicyFault(`a filter of connections is invalid`);
    }
    const pickers: Weighted<Picker>[] = [];
    for (const { weight, item } of weightedOf<TcpBackend>(rule.backends)) {
      const picker = item.backend === undefined ? null : this.#picker(item.backend, null);
      if (picker !== null) pickers.push({ weight, item: picker });
    }
    if (pickers.length === 0) return { kind: 'refuse', reason: 'invalid_backend' };
    return { kind: 'forward', picker: randomAvailable(pickers, this.#options.random) };
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

function breakerOf(accrual: outbound.FailureAccrual | undefined): BreakerOptions | null {
  switch (accrual?.kind.case) {
    case 'consecutiveFailures':
      return breaker(accrual.kind.value.maxFailures, accrual.kind.value.backoff);
    case 'unified':
      return breaker(accrual.kind.value.maxConsecutiveFailures, accrual.kind.value.backoff);
    default:
      return null;
  }
}

function breaker(
  maxFailures: number,
  backoff: outbound.ExponentialBackoff | undefined,
): BreakerOptions | null {
  if (maxFailures === 0) return null;
  if (backoff === undefined) throw new PolicyFault('failure accrual has no backoff');
  return { maxFailures, backoff: backoffOf(backoff) };
}
