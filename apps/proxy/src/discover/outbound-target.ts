import { formatHostPort, type DestinationProfile } from '@tulle/proxy-api';
import { MetricScope } from '@tulle/telemetry';
import type { NoEndpoint } from '../balance/balancer.ts';
import type { LiveEndpoint } from '../balance/live-endpoint.ts';
import { targetLabels } from '../observe/labels.ts';
import type { TapRegistry } from '../observe/tap/tap-registry.ts';
import { TransportMetrics } from '../observe/transport-metrics.ts';
import { HttpExchange, type ExchangeOwner } from '../route/http-exchange.ts';
import type { InFlight } from '../route/in-flight.ts';
import { refuse } from '../route/refusals.ts';
import type { ErrorKind } from '../route/refusals.ts';
import { retryBudgetOf } from '../route/retry-budget.ts';
import { compileRouteTable, type RouteTable } from '../route/route-table.ts';
import { NO_ROUTE, type Route } from '../route/route.ts';
import type { Address, Protocol, Target } from '../stack/connection.ts';
import type { TransportCounters } from '../stack/endpoint.ts';
import type {
  Exchange,
  HeaderEdit,
  HttpService,
  Peer,
  Refusal,
  RequestHead,
  TcpExchange,
  TcpRefusal,
  TcpService,
} from '../stack/http-service.ts';
import {
  balanceBackend,
  balanceKey,
  forwardBackend,
  forwardKey,
  type Backend,
  type BackendContext,
} from './backend.ts';
import { describeEndpoint, type EndpointDescription } from './endpoint-factory.ts';
import { outboundEdit } from './header-edits.ts';
import { keepHead } from './kept-head.ts';
import { ForwardedConnection } from './tcp-exchange.ts';

export interface OutboundContext extends BackendContext {
  readonly taps: TapRegistry;
  readonly inFlight: InFlight;
}

/** What is in force for new requests; swapped whole when the profile changes. */
interface State extends ExchangeOwner {
  readonly protocol: Protocol;
  readonly routes: RouteTable;
  readonly backend: Backend;
  readonly headerEdit: HeaderEdit;
  readonly scope: MetricScope;
}

const FORWARD_ROUTES: RouteTable = { match: () => NO_ROUTE };

/** An address applications dial: a service (balanced), one instance, or something outside the mesh (passed on). */
export class OutboundTarget implements Target, HttpService, TcpService {
  readonly http: HttpService = this;
  readonly tcp: TcpService = this;
  readonly #original: Address;
  readonly #context: OutboundContext;
  readonly #scope = new MetricScope();
  readonly #onRelease: () => void;
  readonly #known = Promise.withResolvers<Protocol>();
  #accept: TransportCounters | null = null;
  #state: State | null = null;
  readonly #stopWatching: () => void;

  /** @param isDiscovered false: the address is none of the mesh's, and nobody is asked. */
  constructor(
    original: Address,
    isDiscovered: boolean,
    context: OutboundContext,
    onRelease: () => void,
  ) {
    this.#original = original;
    this.#context = context;
    this.#onRelease = onRelease;
    if (!isDiscovered) {
      this.#stopWatching = () => {};
      this.#apply(null);
      return;
    }
    this.#stopWatching = context.client.watchProfile(
      formatHostPort(original.host, original.port),
      (profile) => this.#apply(profile),
    );
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
    this.#state?.backend.close();
    this.#state?.scope.close();
    this.#scope.close();
  }

  acceptCounters(_peer: Peer): TransportCounters {
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

  begin(head: RequestHead, peer: Peer): Exchange | Refusal | Promise<Exchange | Refusal> {
    return this.#begin(head, peer, null);
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
    const route = state.routes.match(head.method, head.path);
    const endpoint = state.backend.pick();
    if (endpoint !== null) return this.#exchange(state, route, endpoint, head, peer, arrivedAtMs);
    const kept = keepHead(head);
    const sinceMs = arrivedAtMs ?? state.now();
    return state.backend
      .wait()
      .then((answer) =>
        typeof answer === 'string'
          ? this.#refuseUnready(state, answer)
          : this.#exchange(state, route, answer, kept, peer, sinceMs),
      );
  }

  countMalformed(status: number, reason: string): void {
    this.#context.metrics.malformed.with(
      { direction: 'outbound', status: String(status), reason },
      this.#scope,
    ).value++;
  }

  connect(_peer: Peer): TcpExchange | TcpRefusal | Promise<TcpExchange | TcpRefusal> {
    const state = this.#state;
    if (state === null) return this.#known.promise.then(() => this.connect(_peer));
    const owner = {
      now: this.#context.now,
      pickAgain: () => state.backend.pickAgain(),
      countError: (error: string) => this.#countTcpError(error),
    };
    const endpoint = state.backend.pick();
    if (endpoint !== null) return new ForwardedConnection(endpoint, owner);
    return state.backend.wait().then((answer) => {
      if (typeof answer !== 'string') return new ForwardedConnection(answer, owner);
      this.#countTcpError(answer);
      return { kind: 'refusal', reason: unreadySentence(this.#name, answer) };
    });
  }

  get #name(): string {
    return formatHostPort(this.#original.host, this.#original.port);
  }

  #exchange(
    state: State,
    route: Route,
    endpoint: LiveEndpoint,
    head: RequestHead,
    peer: Peer,
    arrivedAtMs: number | null,
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
    const tap = taps.active
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
        owner: state,
        route,
        endpoint,
        // Outbound endpoints always have metrics of their own.
        metrics: endpoint.metrics as NonNullable<LiveEndpoint['metrics']>,
        headerEdit: state.headerEdit,
        isGrpc: head.isGrpc,
        tellClient: true,
        tap,
      },
      nowMs,
    );
  }

  #refuseUnready(state: State, why: NoEndpoint): Refusal {
    return this.#refuse(state, why, unreadySentence(this.#name, why));
  }

  #refuse(state: State, kind: ErrorKind, sentence: string): Refusal {
    state.countError(kind);
    return refuse(kind, sentence, true);
  }

  #countTcpError(error: string): void {
    this.#context.metrics.tcpErrors.outbound.with(
      { error, ...targetLabels(this.#original) },
      this.#scope,
    ).value++;
  }

  /** @param profile null: forward to the original destination. */
  #apply(profile: DestinationProfile | null): void {
    const previous = this.#state;
    const name = profile?.fullyQualifiedName ?? '';
    const authority = name === '' ? null : formatHostPort(name, this.#original.port);
    const backend = this.#backendFor(profile, authority, previous?.backend ?? null);
    const scope = new MetricScope();
    const { metrics, log, inFlight, now } = this.#context;
    this.#state = {
      protocol: profile?.opaqueProtocol === true ? 'opaque' : 'detect',
      backend,
      scope,
      inFlight,
      now,
      headerEdit: outboundEdit(authority),
      budget: retryBudgetOf(profile?.retryBudget, now),
      pickAgain: () => backend.pickAgain(),
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
    this.#known.resolve(this.#state.protocol);
    if (previous === null) return;
    if (previous.backend !== backend) previous.backend.close();
    previous.scope.close();
  }

  /** An endpoint beats a name: then the address is one instance. */
  #backendFor(
    profile: DestinationProfile | null,
    authority: string | null,
    current: Backend | null,
  ): Backend {
    const named = profile?.endpoint === undefined ? null : describeEndpoint(profile.endpoint, {});
    if (named === null && authority !== null) {
      if (current?.key === balanceKey(authority)) return current;
      return balanceBackend(authority, this.#context);
    }
    const description: EndpointDescription = named ?? {
      address: this.#original,
      tls: { kind: 'none', reason: 'not_provided_by_service_discovery' },
      labels: {},
    };
    if (current?.key === forwardKey(description)) return current;
    return forwardBackend(description, this.#context);
  }
}

function unreadySentence(name: string, why: NoEndpoint): string {
  return why === 'failfast'
    ? `no endpoint of ${name} is ready`
    : `too many requests wait for an endpoint of ${name}`;
}
