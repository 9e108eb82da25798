import { MetricScope, type Counter, type Labels } from '@tulle/telemetry';
import { serverTlsLabels, targetLabels } from '../observe/labels.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import { InboundRouteMetrics } from '../observe/inbound-route-metrics.ts';
import { RequestMetrics, type ResponseOutcome } from '../observe/request-metrics.ts';
import { TransportMetrics } from '../observe/transport-metrics.ts';
import { authorize } from '../policy/authorization.ts';
import type { RateLimitScope } from '../policy/rate-limit.ts';
import type { InboundRule, ServerPolicy } from '../policy/server-policy.ts';
import type { ExchangeObserver } from '../route/exchange-observer.ts';
import type { Address } from '../stack/connection.ts';
import type { HeaderEdit, Peer } from '../stack/http-service.ts';
import { inboundEdit } from './header-edits.ts';

/** What is counted and decided per kind of client: its identity, or why it has none. */
export interface ClientSide {
  /** '' for none. */
  readonly clientId: string;
  readonly isMeshed: boolean;
  readonly tlsLabels: Labels;
  readonly accept: TransportMetrics;
  readonly headerEdit: HeaderEdit;
  /** By rule and authorization. */
  readonly allowed: Map<string, AllowedSide>;
}

/** A kind of client under one rule that one authorization let it use. Told how its requests go. */
export class AllowedSide implements ExchangeObserver {
  readonly metrics: RequestMetrics;
  readonly allowed: Counter;
  readonly headerEdit: HeaderEdit;
  readonly answerEdit = null;
  /** For the tap: keys as in the metrics. */
  readonly destinationLabels: Labels;
  readonly #route: InboundRouteMetrics;

  constructor(
    parts: Pick<AllowedSide, 'metrics' | 'allowed' | 'headerEdit' | 'destinationLabels'>,
    route: InboundRouteMetrics,
  ) {
    this.metrics = parts.metrics;
    this.allowed = parts.allowed;
    this.headerEdit = parts.headerEdit;
    this.destinationLabels = parts.destinationLabels;
    this.#route = route;
  }

  attemptStarted(): void {
    this.#route.requests.value++;
  }

  attemptEnded(outcome: ResponseOutcome | null, elapsedMs: number, answerMs: number): void {
    if (outcome !== null) this.#route.ended(outcome, elapsedMs, answerMs);
  }

  requestFrame(bytes: number): void {
    this.#route.requestFrames.observe(bytes);
  }

  responseFrame(bytes: number): void {
    this.#route.responseFrames.observe(bytes);
  }

  // Inbound requests are made once.
  retried(): void {}
  retryOverflowed(): void {}
  retryLimitExceeded(): void {}
  ended(): void {}
}

/** One connection's client. Its last decision is at hand: nearly all of its requests are under the same rule. */
export interface PeerSide {
  readonly client: ClientSide;
  rule: InboundRule | null;
  /** Null: not authorized. */
  allowed: AllowedSide | null;
}

/** The clients of one port under one policy; a changed policy begins anew. */
export class InboundClients {
  readonly policy: ServerPolicy;
  readonly #metrics: ProxyMetrics;
  /** `target_*` and `srv_*`. */
  readonly labels: Labels;
  /** `srv_*`. */
  readonly serverLabels: Labels;
  readonly #scope = new MetricScope();
  /** One entry per identity that ever called: as many as the mesh has. */
  readonly #clients = new Map<string, ClientSide>();
  readonly #ofPeer = new WeakMap<Peer, PeerSide>();
  readonly #ruleIds = new Map<InboundRule, number>();

  constructor(policy: ServerPolicy, original: Address, metrics: ProxyMetrics) {
    this.policy = policy;
    this.serverLabels = { ...policy.labels, srv_port: String(original.port) };
    this.labels = { ...targetLabels(original), ...this.serverLabels };
    this.#metrics = metrics;
  }

  /** Its series fall away when they have been idle. */
  close(): void {
    this.#scope.close();
  }

  sideOf(peer: Peer): PeerSide {
    let side = this.#ofPeer.get(peer);
    if (side === undefined) {
      side = { client: this.#clientOf(peer), rule: null, allowed: null };
      this.#ofPeer.set(peer, side);
    }
    return side;
  }

  /** Decides for a connection and a rule, and remembers. */
  allow(side: PeerSide, rule: InboundRule, peer: Peer): AllowedSide | null {
    const authorization = authorize(rule.authorizations, peer);
    side.rule = rule;
    side.allowed =
      authorization === null ? null : this.#allowed(side.client, rule, authorization.labels);
    return side.allowed;
  }

  /** Counts a connection. False: it may not be made. */
  allowConnection(peer: Peer): boolean {
    const { client } = this.sideOf(peer);
    const authorization = authorize(this.policy.authorizations, peer);
    const labels = { ...this.labels, ...client.tlsLabels };
    if (authorization === null) {
      this.#metrics.tcpAuthzDeny.with(labels, this.#scope).value++;
      return false;
    }
    this.#metrics.tcpAuthzAllow.with({ ...labels, ...authorization.labels }, this.#scope).value++;
    return true;
  }

  /** Counts a connection that is cut if it is no longer allowed; true: cut it. */
  mustTerminate(peer: Peer): boolean {
    if (authorize(this.policy.authorizations, peer) !== null) return false;
    const labels = { ...this.labels, ...this.sideOf(peer).client.tlsLabels };
    this.#metrics.tcpAuthzTerminate.with(labels, this.#scope).value++;
    return true;
  }

  countDenied(client: ClientSide, rule: InboundRule): void {
    const labels = { ...this.labels, ...client.tlsLabels, ...rule.labels };
    this.#metrics.authzDeny.with(labels, this.#scope).value++;
  }

  countNoRoute(client: ClientSide): void {
    const labels = { ...this.labels, ...client.tlsLabels };
    this.#metrics.routeNotFound.with(labels, this.#scope).value++;
  }

  countRateLimited(client: ClientSide, limit: Labels, scope: RateLimitScope): void {
    const labels = { ...this.labels, ...limit, ratelimit_scope: scope, ...client.tlsLabels };
    this.#metrics.rateLimited.with(labels, this.#scope).value++;
  }

  #clientOf(peer: Peer): ClientSide {
    const tlsLabels = serverTlsLabels(peer.tls);
    const key = JSON.stringify(tlsLabels);
    let client = this.#clients.get(key);
    if (client !== undefined) return client;
    const clientId = peer.tls.kind === 'mutual' ? peer.tls.clientId : null;
    client = {
      clientId: clientId ?? '',
      isMeshed: clientId !== null,
      tlsLabels,
      accept: new TransportMetrics(
        this.#metrics.transport,
        { direction: 'inbound', peer: 'src', ...this.labels, ...tlsLabels },
        this.#scope,
      ),
      headerEdit: inboundEdit(clientId),
      allowed: new Map(),
    };
    this.#clients.set(key, client);
    return client;
  }

  #allowed(client: ClientSide, rule: InboundRule, authorization: Labels): AllowedSide {
    const key = `${this.#idOf(rule)} ${JSON.stringify(authorization)}`;
    let side = client.allowed.get(key);
    if (side !== undefined) return side;
    const labels = {
      ...this.labels,
      ...client.tlsLabels,
      ...authorization,
      ...rule.labels,
    };
    side = new AllowedSide(
      {
        metrics: new RequestMetrics(
          this.#metrics.http,
          { direction: 'inbound', ...labels },
          this.#scope,
        ),
        allowed: this.#metrics.authzAllow.with(labels, this.#scope),
        headerEdit: rule.filters.edit(client.headerEdit),
        destinationLabels: { ...this.serverLabels, ...rule.labels, ...authorization },
      },
      this.#routeOf(rule),
    );
    client.allowed.set(key, side);
    return side;
  }

  /** By the parent, which is the server, and the route; not by client. */
  #routeOf(rule: InboundRule): InboundRouteMetrics {
    const families = this.#metrics.inboundRoute[rule.isGrpc ? 'grpc' : 'http'];
    const { srv_group, srv_kind, srv_name, srv_port } = this.serverLabels;
    const labels = {
      parent_group: srv_group ?? '',
      parent_kind: srv_kind ?? '',
      parent_name: srv_name ?? '',
      parent_port: srv_port ?? '',
      ...rule.labels,
    };
    return new InboundRouteMetrics(families, labels, this.#scope);
  }

  #idOf(rule: InboundRule): number {
    let id = this.#ruleIds.get(rule);
    if (id === undefined) {
      id = this.#ruleIds.size;
      this.#ruleIds.set(rule, id);
    }
    return id;
  }
}
