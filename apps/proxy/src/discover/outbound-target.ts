import { formatHostPort, type DestinationProfile, type outbound } from '@tulle/proxy-api';
import { MetricScope } from '@tulle/telemetry';
import type { NoEndpoint } from '../balance/balancer.ts';
import type { LiveEndpoint } from '../balance/live-endpoint.ts';
import { countDetect } from '../observe/connection-metrics.ts';
import { targetLabels } from '../observe/labels.ts';
import type { TapRegistry } from '../observe/tap/tap-registry.ts';
import { isUnderWay, tellRefusals, type RefusalTaps } from '../observe/tap/tell-refusals.ts';
import { TransportMetrics } from '../observe/transport-metrics.ts';
import type { OutboundRule, TcpRule } from '../policy/outbound-rule.ts';
import { PolicyRun, type Picked } from '../policy/policy-run.ts';
import { overriddenRoute } from '../policy/request-overrides.ts';
import type { RouteSet } from '../policy/route-set.ts';
import { HttpExchange } from '../route/http-exchange.ts';
import type { InFlight } from '../route/in-flight.ts';
import { refuse } from '../route/refusals.ts';
import type { ErrorKind } from '../route/refusals.ts';
import type { Route } from '../route/route.ts';
import type { Address, DetectResult, Protocol, Target } from '../stack/connection.ts';
import type { EndpointTls, NoTlsReason, TransportCounters } from '../stack/endpoint.ts';
import type {
  Exchange,
  HttpService,
  Peer,
  Refusal,
  RequestHead,
  TcpExchange,
  TcpRefusal,
  TcpService,
} from '../stack/http-service.ts';
import type { BackendContext } from './backend.ts';
import { BackendPool } from './backend-pool.ts';
import { keepHead } from './kept-head.ts';
import { buildState, type OutboundState } from './outbound-state.ts';
import type { PolicyClient } from './policy-client.ts';
import { ForwardedConnection } from './tcp-exchange.ts';

export interface OutboundContext extends BackendContext {
  readonly taps: TapRegistry;
  readonly inFlight: InFlight;
  readonly policies: PolicyClient;
  /** A connection waits this long for its policy when the profile is there, then goes without until it comes. */
  readonly policyTimeoutMs: number;
}

/** An address applications dial: a service (balanced), one instance, or something outside the mesh (passed on). */
export class OutboundTarget implements Target, HttpService, TcpService {
  readonly http: HttpService = this;
  readonly tcp: TcpService = this;
  readonly #original: Address;
  readonly #whyPlain: NoTlsReason;
  readonly #context: OutboundContext;
  readonly #scope = new MetricScope();
  readonly #onRelease: () => void;
  readonly #known = Promise.withResolvers<Protocol>();
  #accept: TransportCounters | null = null;
  #state: OutboundState | null = null;
  readonly #pool = new BackendPool();
  /** Undefined: not answered yet. */
  #profile: DestinationProfile | null | undefined;
  #policy: outbound.OutboundPolicy | null | undefined;
  #policyTimer: NodeJS.Timeout | null = null;
  readonly #stopWatching: () => void;

  /**
   * @param original an address, or a service's name and port.
   * @param isDiscovered false: the address is none of the mesh's, and nobody is asked.
   * @param whyPlain why an address that nothing is known of has no TLS.
   */
  constructor(
    original: Address,
    isDiscovered: boolean,
    context: OutboundContext,
    onRelease: () => void,
    whyPlain: NoTlsReason = 'not_provided_by_service_discovery',
  ) {
    this.#whyPlain = whyPlain;
    this.#original = original;
    this.#context = context;
    this.#onRelease = onRelease;
    if (!isDiscovered) {
      this.#stopWatching = () => {};
      this.#profile = null;
      this.#policy = null;
      this.#apply();
      return;
    }
    const stopProfile = context.client.watchProfile(this.#name, (profile) => {
      this.#profile = profile;
      this.#policyTimer ??= setTimeout(() => this.#goWithoutPolicy(), context.policyTimeoutMs);
      this.#policyTimer.unref();
      this.#apply();
    });
    const stopPolicy = context.policies.watchAddress(original, (policy) => {
      if (policy === null && this.#policy === null) return;
      this.#policy = policy;
      this.#apply();
    });
    this.#stopWatching = () => {
      stopProfile();
      stopPolicy();
      if (this.#policyTimer !== null) clearTimeout(this.#policyTimer);
    };
  }

  get protocol(): Protocol | Promise<Protocol> {
    return this.#state?.protocol ?? this.#known.promise;
  }

  release(): void {
    this.#onRelease();
  }

  /** Nothing uses it any more. */
  close(): void {
    this.#stopWatching();
    this.#pool.close();
    this.#state?.scope.close();
    this.#scope.close();
  }

  acceptCounters(_peer: Peer): TransportCounters {
    this.#countProtocol();
    this.#accept ??= new TransportMetrics(
      this.#context.metrics.transport,
      {
        direction: 'outbound',
        peer: 'src',
        ...targetLabels(this.#original),
        tls: 'no_identity',
        no_tls_reason: 'loopback',
      },
      this.#scope,
    );
    return this.#accept;
  }

  /** What the policy says a connection speaks. */
  #countProtocol(): void {
    const state = this.#state;
    if (state === null) return;
    const protocol = state.protocol === 'opaque' ? 'opaq' : state.protocol;
    const labels = { protocol, ...state.parent };
    this.#context.metrics.protocolConnections.with(labels, this.#scope).value++;
  }

  begin(head: RequestHead, peer: Peer): Exchange | Refusal | Promise<Exchange | Refusal> {
    const begun = this.#begin(head, peer, null);
    const { taps } = this.#context;
    if (!taps.active || isUnderWay(begun)) return begun;
    return tellRefusals(begun, head, this.#refusalTaps(peer));
  }

  #refusalTaps(peer: Peer): RefusalTaps {
    const { taps, now } = this.#context;
    return {
      taps,
      now,
      contextOf: () => ({
        direction: 'outbound',
        peer,
        endpoint: { ...this.#original, tls: NOWHERE },
        destinationLabels: {},
        routeLabels: {},
      }),
    };
  }

  /** @param arrivedAtMs when it had to wait for discovery; null when it did not. */
  #begin(
    head: RequestHead,
    peer: Peer,
    arrivedAtMs: number | null,
  ): Exchange | Refusal | Promise<Exchange | Refusal> {
    const state = this.#state;
    if (state === null) {
      const kept = keepHead(head);
      const sinceMs = this.#context.now();
      return this.#known.promise.then(() => this.#begin(kept, peer, sinceMs));
    }
    const { inFlight } = state;
    if (inFlight.count >= inFlight.max) {
      return this.#refuse(state, 'loadshed', `${inFlight.max} requests are under way already`);
    }
    if (state.policy !== null) {
      return this.#beginByPolicy(state, state.policy, head, peer, arrivedAtMs);
    }
    const route = state.routes.match(head);
    const endpoint = state.picker.pick();
    if (endpoint !== null) {
      return this.#exchange(state, route, endpoint, head, peer, arrivedAtMs, null);
    }
    const kept = keepHead(head);
    const sinceMs = arrivedAtMs ?? state.now();
    return state.picker
      .wait()
      .then((answer) =>
        typeof answer === 'string'
          ? this.#refuseUnready(state, answer)
          : this.#exchange(state, route, answer, kept, peer, sinceMs, null),
      );
  }

  #beginByPolicy(
    state: OutboundState,
    rules: RouteSet<OutboundRule>,
    head: RequestHead,
    peer: Peer,
    arrivedAtMs: number | null,
  ): Exchange | Refusal | Promise<Exchange | Refusal> {
    if (state.fault !== null) return this.#refuse(state, 'unexpected', 'the policy is invalid');
    const rule = rules.find(head);
    if (rule === null) return this.#refuse(state, 'unexpected', 'no route matches', 404);
    const { random } = this.#context;
    const answer = rule.filters.answer?.(head, random) ?? null;
    if (answer !== null) return answer;
    if (rule.legs.length === 0) {
      return this.#refuse(state, 'unexpected', 'the route has no backend');
    }
    const route = rule.takesHeaders ? overriddenRoute(head, rule.route, rule.isGrpc) : rule.route;
    const run = new PolicyRun(rule, route, state, state.headerEdit, random);
    const picked = run.pick();
    if (picked !== null) return this.#onLeg(state, run, picked, head, peer, arrivedAtMs);
    const kept = keepHead(head);
    const sinceMs = arrivedAtMs ?? state.now();
    return run.wait().then((later) => {
      if (typeof later !== 'string') {
        return this.#onLeg(state, run, later, kept, peer, sinceMs);
      }
      rule.metrics.refused(later === 'failfast' ? 'FAIL_FAST' : 'LOAD_SHED');
      return this.#refuseUnready(state, later);
    });
  }

  #onLeg(
    state: OutboundState,
    run: PolicyRun,
    { leg, endpoint }: Picked,
    head: RequestHead,
    peer: Peer,
    arrivedAtMs: number | null,
  ): Exchange | Refusal {
    if (endpoint === null) {
      return this.#refuse(state, 'unexpected', 'the backend has no dispatcher', 502);
    }
    const answer = leg.filters.answer?.(head, this.#context.random) ?? null;
    if (answer !== null) return answer;
    return this.#exchange(state, run.route, endpoint, head, peer, arrivedAtMs, run);
  }

  countMalformed(status: number, reason: string): void {
    this.#context.metrics.malformed.with(
      { direction: 'outbound', status: String(status), reason },
      this.#scope,
    ).value++;
  }

  connect(_peer: Peer): TcpConnecting {
    const state = this.#state;
    if (state === null) return this.#known.promise.then(() => this.connect(_peer));
    return this.#connectBy(state.tcp);
  }

  tls(serverName: string): TcpService {
    return {
      connect: (peer) => {
        const routes = this.#state?.tls ?? null;
        return routes === null ? this.connect(peer) : this.#connectBy(routes.find(serverName));
      },
    };
  }

  countDetect(result: DetectResult, elapsedMs: number): void {
    const { metrics } = this.#context;
    const parent = this.#state?.parent ?? {};
    countDetect(metrics.detect.outbound, parent, this.#scope, result, elapsedMs);
  }

  countAcceptError(error: string): void {
    this.#countTcpError(error);
  }

  #connectBy(rule: TcpRule): TcpConnecting {
    const { metrics } = rule;
    metrics?.opened();
    if (rule.kind === 'refuse') {
      this.#countTcpError('unexpected');
      metrics?.closed(rule.reason);
      return { kind: 'refusal', reason: `the policy refuses connections: ${rule.reason}` };
    }
    const { picker } = rule;
    const owner = {
      ...(metrics !== null && {
        onClosed: (error: Error | null) => metrics.closed(error === null ? '' : 'unexpected'),
      }),
      now: this.#context.now,
      pickAgain: () => picker.pickAgain(),
      countError: (error: string) => this.#countTcpError(error),
    };
    const endpoint = picker.pick();
    if (endpoint !== null) return new ForwardedConnection(endpoint, owner);
    return picker.wait().then((answer) => {
      if (typeof answer !== 'string') return new ForwardedConnection(answer, owner);
      this.#countTcpError(answer);
      metrics?.closed('unexpected');
      return { kind: 'refusal', reason: unreadySentence(this.#name, answer) };
    });
  }

  get #name(): string {
    return formatHostPort(this.#original.host, this.#original.port);
  }

  #exchange(
    state: OutboundState,
    route: Route,
    endpoint: LiveEndpoint,
    head: RequestHead,
    peer: Peer,
    arrivedAtMs: number | null,
    run: PolicyRun | null,
  ): Exchange | Refusal {
    const required = head.header('l5d-require-id');
    if (required !== undefined) {
      const actual = endpoint.tls.kind === 'mutual' ? endpoint.tls.identity : 'no identity';
      if (required !== actual) {
        const sentence = `${endpoint.host}:${endpoint.port} has ${actual}, not ${required}`;
        return this.#refuse(state, 'identity required', sentence);
      }
    }
    state.inFlight.count++;
    const nowMs = state.now();
    const { taps } = this.#context;
    const isSeen = taps.active && taps.looks(nowMs);
    const tap = isSeen
      ? taps.begin(
          head,
          {
            direction: 'outbound',
            peer,
            endpoint,
            destinationLabels: endpoint.labels,
            routeLabels: route.labels,
            ...(arrivedAtMs !== null && { queueMs: nowMs - arrivedAtMs }),
          },
          nowMs,
        )
      : null;
    return new HttpExchange(
      {
        owner: run ?? state,
        route,
        endpoint,
        // Outbound endpoints always have metrics of their own.
        metrics: endpoint.metrics as NonNullable<LiveEndpoint['metrics']>,
        headerEdit: state.headerEdit,
        isGrpc: head.isGrpc,
        tellClient: this.#context.config.tellsClients,
        tap,
        observer: run,
      },
      nowMs,
    );
  }

  #refuseUnready(state: OutboundState, why: NoEndpoint): Refusal {
    return this.#refuse(state, why, unreadySentence(this.#name, why));
  }

  #refuse(state: OutboundState, kind: ErrorKind, sentence: string, status?: number): Refusal {
    state.countError(kind);
    return refuse(kind, sentence, this.#context.config.tellsClients, status);
  }

  #countTcpError(error: string): void {
    this.#context.metrics.tcpErrors.outbound.with(
      { error, ...targetLabels(this.#original) },
      this.#scope,
    ).value++;
  }

  /** The policy is late; it will be in force when it comes. */
  #goWithoutPolicy(): void {
    if (this.#policy !== undefined) return;
    this.#policy = null;
    this.#apply();
  }

  /** Once both are known; no profile and no policy: forward to the original destination. */
  #apply(): void {
    if (this.#profile === undefined || this.#policy === undefined) return;
    const previous = this.#state;
    this.#pool.begin();
    this.#state = buildState({
      original: this.#original,
      whyPlain: this.#whyPlain,
      context: this.#context,
      pool: this.#pool,
      profile: this.#profile,
      policy: this.#policy,
    });
    this.#pool.commit();
    this.#known.resolve(this.#state.protocol);
    previous?.scope.close();
  }
}

/** Of a request that goes to no endpoint. */
const NOWHERE: EndpointTls = { kind: 'none', reason: 'not_provided_by_service_discovery' };

type TcpConnecting = TcpExchange | TcpRefusal | Promise<TcpExchange | TcpRefusal>;

function unreadySentence(name: string, why: NoEndpoint): string {
  return why === 'failfast'
    ? `no endpoint of ${name} is ready`
    : `too many requests wait for an endpoint of ${name}`;
}
