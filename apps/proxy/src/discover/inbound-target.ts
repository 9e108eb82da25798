import { MetricScope, type Counter, type Labels } from '@tulle/telemetry';
import { LiveEndpoint } from '../balance/live-endpoint.ts';
import type { InboundConfig } from '../config/proxy-config.ts';
import {
  authorizationLabels,
  DEFAULT_ROUTE_LABELS,
  serverLabels,
  serverTlsLabels,
  targetLabels,
} from '../observe/labels.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import { RequestMetrics } from '../observe/request-metrics.ts';
import type { TapRegistry } from '../observe/tap/tap-registry.ts';
import { TransportMetrics } from '../observe/transport-metrics.ts';
import { HttpExchange, type ExchangeOwner } from '../route/http-exchange.ts';
import type { InFlight } from '../route/in-flight.ts';
import { refuse, type ErrorKind } from '../route/refusals.ts';
import type { RouteTable } from '../route/route-table.ts';
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
import type { PeerTest } from './default-policy.ts';
import { inboundEdit } from './header-edits.ts';
import { keepHead } from './kept-head.ts';
import type { ProfileCache } from './profile-cache.ts';
import { ForwardedConnection } from './tcp-exchange.ts';

export interface InboundContext {
  readonly config: InboundConfig;
  readonly metrics: ProxyMetrics;
  readonly taps: TapRegistry;
  readonly profiles: ProfileCache;
  /** See logicalNames. */
  readonly nameOf: (head: RequestHead, peer: Peer) => string | null;
  readonly isAllowed: PeerTest;
  readonly inFlight: InFlight;
  readonly now: () => number;
}

/** What is counted and decided per kind of client: its identity, or why it has none. */
interface ClientSide {
  readonly metrics: RequestMetrics;
  readonly accept: TransportMetrics;
  readonly allowed: Counter;
  readonly denied: Counter;
  readonly tcpAllowed: Counter;
  readonly tcpDenied: Counter;
  readonly headerEdit: HeaderEdit;
  readonly isMeshed: boolean;
}

/** One port of this workload: everything goes to the application there. */
export class InboundTarget implements Target, HttpService, TcpService, ExchangeOwner {
  readonly http: HttpService = this;
  readonly tcp: TcpService = this;
  readonly protocol: Protocol;
  readonly inFlight: InFlight;
  readonly now: () => number;
  /** Inbound requests are not retried: the caller's proxy does that. */
  readonly budget = null;
  readonly #original: Address;
  readonly #context: InboundContext;
  readonly #scope = new MetricScope();
  readonly #endpoint: LiveEndpoint;
  readonly #labels: Labels;
  /** For the tap: keys as in the metrics. */
  readonly #destinationLabels: Labels;
  /** One entry per identity that ever called: as many as the mesh has. */
  readonly #clients = new Map<string, ClientSide>();
  readonly #clientOfPeer = new WeakMap<Peer, ClientSide>();
  readonly #onRelease: () => void;

  constructor(original: Address, context: InboundContext, onRelease: () => void) {
    this.#original = original;
    this.#context = context;
    this.#onRelease = onRelease;
    this.inFlight = context.inFlight;
    this.now = context.now;
    const { config, metrics } = context;
    this.protocol = config.opaquePorts.has(original.port) ? 'opaque' : 'detect';
    this.#labels = {
      ...targetLabels(original),
      ...serverLabels(config.defaultPolicy, original.port),
    };
    this.#destinationLabels = {
      ...serverLabels(config.defaultPolicy, original.port),
      ...DEFAULT_ROUTE_LABELS,
      ...authorizationLabels(config.defaultPolicy),
    };
    this.#endpoint = new LiveEndpoint({
      host: original.host,
      port: original.port,
      tls: { kind: 'none', reason: 'loopback' },
      labels: {},
      transport: new TransportMetrics(
        metrics.transport,
        { direction: 'inbound', peer: 'dst', tls: 'no_identity', no_tls_reason: 'loopback' },
        this.#scope,
      ),
      metrics: null,
      scope: this.#scope,
      nowMs: context.now(),
    });
  }

  release(): void {
    this.#onRelease();
  }

  /** Nothing uses it any more. */
  close(): void {
    this.#endpoint.retire();
  }

  acceptCounters(peer: Peer): TransportCounters {
    return this.#clientSide(peer).accept;
  }

  begin(head: RequestHead, peer: Peer): Exchange | Refusal | Promise<Exchange | Refusal> {
    const client = this.#clientSide(peer);
    if (!this.#context.isAllowed(peer)) {
      client.denied.value++;
      return {
        kind: 'refusal',
        status: 403,
        proxyError: 'unauthorized request',
        tellClient: client.isMeshed,
      };
    }
    if (this.inFlight.count >= this.inFlight.max) {
      this.countError('loadshed');
      const sentence = `${this.inFlight.max} requests are under way already`;
      return refuse('loadshed', sentence, client.isMeshed);
    }
    client.allowed.value++;
    const name = this.#context.nameOf(head, peer);
    const table = name === null ? null : this.#context.profiles.get(name);
    if (table === null) return this.#exchange(client, NO_ROUTE, head, peer);
    if ('match' in table) return this.#routed(client, table, head, peer);
    const kept = keepHead(head);
    return table.then((arrived) => this.#routed(client, arrived, kept, peer));
  }

  countMalformed(status: number, reason: string): void {
    this.#context.metrics.malformed.with(
      { direction: 'inbound', status: String(status), reason },
      this.#scope,
    ).value++;
  }

  connect(peer: Peer): TcpExchange | TcpRefusal {
    const client = this.#clientSide(peer);
    if (!this.#context.isAllowed(peer)) {
      client.tcpDenied.value++;
      return { kind: 'refusal', reason: 'unauthorized connection' };
    }
    client.tcpAllowed.value++;
    return new ForwardedConnection(this.#endpoint, {
      now: this.now,
      pickAgain: () => null,
      countError: (error) =>
        this.#context.metrics.tcpErrors.inbound.with(
          { error, ...targetLabels(this.#original) },
          this.#scope,
        ).value++,
    });
  }

  pickAgain(): null {
    return null;
  }

  countError(error: ErrorKind): void {
    this.#context.metrics.httpErrors.inbound.with({ error, ...this.#labels }, this.#scope).value++;
  }

  #routed(client: ClientSide, table: RouteTable, head: RequestHead, peer: Peer): Exchange {
    const route = table.match(head.method, head.path);
    return this.#exchange(client, route, head, peer);
  }

  #exchange(client: ClientSide, route: Route, head: RequestHead, peer: Peer): Exchange {
    this.inFlight.count++;
    const nowMs = this.now();
    const { taps } = this.#context;
    const endpoint = this.#endpoint;
    const tap = taps.active
      ? taps.begin(
          head,
          {
            direction: 'inbound',
            peer,
            endpoint,
            destinationLabels: this.#destinationLabels,
            routeLabels: route.labels,
          },
          nowMs,
        )
      : null;
    return new HttpExchange(
      {
        owner: this,
        route,
        endpoint,
        metrics: client.metrics,
        headerEdit: client.headerEdit,
        isGrpc: head.isGrpc,
        tellClient: client.isMeshed,
        tap,
        observer: null,
      },
      nowMs,
    );
  }

  #clientSide(peer: Peer): ClientSide {
    const known = this.#clientOfPeer.get(peer);
    if (known !== undefined) return known;
    const tls = serverTlsLabels(peer.tls);
    const key = JSON.stringify(tls);
    let side = this.#clients.get(key);
    if (side === undefined) {
      side = this.#makeClientSide(peer, tls);
      this.#clients.set(key, side);
    }
    this.#clientOfPeer.set(peer, side);
    return side;
  }

  #makeClientSide(peer: Peer, tls: Labels): ClientSide {
    const { metrics, config } = this.#context;
    const scope = this.#scope;
    const clientId = peer.tls.kind === 'mutual' ? peer.tls.clientId : null;
    const server = { ...this.#labels, ...tls };
    const allowed = { ...server, ...authorizationLabels(config.defaultPolicy) };
    return {
      metrics: new RequestMetrics(
        metrics.http,
        { direction: 'inbound', ...allowed, ...DEFAULT_ROUTE_LABELS },
        scope,
      ),
      accept: new TransportMetrics(
        metrics.transport,
        { direction: 'inbound', peer: 'src', ...server },
        scope,
      ),
      allowed: metrics.authzAllow.with({ ...allowed, ...DEFAULT_ROUTE_LABELS }, scope),
      denied: metrics.authzDeny.with({ ...server, ...DEFAULT_ROUTE_LABELS }, scope),
      tcpAllowed: metrics.tcpAuthzAllow.with(allowed, scope),
      tcpDenied: metrics.tcpAuthzDeny.with(server, scope),
      headerEdit: inboundEdit(clientId),
      isMeshed: clientId !== null,
    };
  }
}
