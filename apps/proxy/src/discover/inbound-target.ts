import { MetricScope } from '@tulle/telemetry';
import { LiveEndpoint } from '../balance/live-endpoint.ts';
import type { InboundConfig } from '../config/proxy-config.ts';
import type { AccessLog } from '../observe/access-log.ts';
import { countDetect } from '../observe/connection-metrics.ts';
import { targetLabels } from '../observe/labels.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import { pairOf, type RequestTap } from '../observe/tap/request-tap.ts';
import type { TapRegistry } from '../observe/tap/tap-registry.ts';
import { isUnderWay, tellRefusals, type RefusalTaps } from '../observe/tap/tell-refusals.ts';
import { TransportMetrics } from '../observe/transport-metrics.ts';
import type { ServerPolicies, UsedPolicy } from '../policy/server-policies.ts';
import type { ServerPolicy } from '../policy/server-policy.ts';
import { HttpExchange, type ExchangeOwner } from '../route/http-exchange.ts';
import type { InFlight } from '../route/in-flight.ts';
import { refuse, type ErrorKind } from '../route/refusals.ts';
import type { RouteTable } from '../route/route-table.ts';
import { NO_ROUTE, type Route } from '../route/route.ts';
import type { Address, DetectResult, Protocol, Target } from '../stack/connection.ts';
import type { TransportCounters } from '../stack/endpoint.ts';
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
import { InboundClients, type AllowedSide, type ClientSide } from './inbound-clients.ts';
import { keepHead } from './kept-head.ts';
import type { ProfileCache } from './profile-cache.ts';
import { TerminableConnection } from './terminable-connection.ts';

export interface InboundContext {
  readonly config: InboundConfig;
  readonly metrics: ProxyMetrics;
  readonly taps: TapRegistry;
  readonly profiles: ProfileCache;
  /** See logicalNames. */
  readonly nameOf: (head: RequestHead, peer: Peer) => string | null;
  readonly policies: ServerPolicies;
  /** Null: none is written. */
  readonly accessLog: AccessLog | null;
  readonly inFlight: InFlight;
  readonly now: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
}

/** One port of this workload: everything goes to the application there. */
export class InboundTarget implements Target, HttpService, TcpService, ExchangeOwner {
  readonly http: HttpService = this;
  readonly tcp: TcpService = this;
  readonly inFlight: InFlight;
  readonly now: () => number;
  /** Inbound requests are not retried: the caller's proxy does that. */
  readonly budget = null;
  readonly #original: Address;
  readonly #context: InboundContext;
  readonly #scope = new MetricScope();
  readonly #endpoint: LiveEndpoint;
  readonly #used: UsedPolicy;
  #clients: InboundClients;
  readonly #connections = new Set<TerminableConnection>();
  readonly #onRelease: () => void;

  constructor(original: Address, context: InboundContext, onRelease: () => void) {
    this.#original = original;
    this.#context = context;
    this.#onRelease = onRelease;
    this.inFlight = context.inFlight;
    this.now = context.now;
    this.#endpoint = new LiveEndpoint({
      host: original.host,
      port: original.port,
      tls: { kind: 'none', reason: 'loopback' },
      labels: {},
      transport: new TransportMetrics(
        context.metrics.transport,
        { direction: 'inbound', peer: 'dst', tls: 'no_identity', no_tls_reason: 'loopback' },
        this.#scope,
      ),
      metrics: null,
      scope: this.#scope,
      nowMs: context.now(),
    });
    this.#used = context.policies.use(original.port, () => this.#policyChanged());
    this.#clients = this.#clientsUnder(this.#used.current);
  }

  get detectTimeoutMs(): number | null {
    return this.#clients.policy.detectTimeoutMs;
  }

  countDetect(result: DetectResult, elapsedMs: number): void {
    const { serverLabels } = this.#clients;
    const families = this.#context.metrics.detect.inbound;
    countDetect(families, serverLabels, this.#scope, result, elapsedMs);
  }

  get protocol(): Protocol {
    return this.#clients.policy.protocol;
  }

  release(): void {
    this.#onRelease();
  }

  /** Nothing uses it any more. */
  close(): void {
    this.#used.release();
    this.#clients.close();
    this.#endpoint.retire();
  }

  acceptCounters(peer: Peer): TransportCounters {
    return this.#clients.sideOf(peer).client.accept;
  }

  countAcceptError(error: string): void {
    this.#countTcpError(error);
  }

  begin(head: RequestHead, peer: Peer): Exchange | Refusal | Promise<Exchange | Refusal> {
    const { accessLog, taps } = this.#context;
    const asked = this.#begin(head, peer);
    const isTold = !taps.active || isUnderWay(asked);
    const begun = isTold ? asked : tellRefusals(asked, head, this.#refusalTaps(peer));
    if (accessLog === null || begun instanceof Promise || begun.kind === 'exchange') return begun;
    accessLog.refused(head, peer, begun.status);
    return begun;
  }

  countMalformed(status: number, reason: string): void {
    this.#context.metrics.malformed.with(
      { direction: 'inbound', status: String(status), reason },
      this.#scope,
    ).value++;
  }

  connect(peer: Peer): TcpExchange | TcpRefusal {
    if (!this.#clients.allowConnection(peer)) {
      return { kind: 'refusal', reason: 'unauthorized connection' };
    }
    const connection = new TerminableConnection(this.#endpoint, peer, {
      now: this.now,
      pickAgain: () => null,
      countError: (error) => this.#countTcpError(error),
      onClosed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    return connection;
  }

  pickAgain(): null {
    return null;
  }

  countError(error: ErrorKind): void {
    const labels = { error, ...this.#clients.labels };
    this.#context.metrics.httpErrors.inbound.with(labels, this.#scope).value++;
  }

  /** Routes, then authorizes, then filters, then limits the rate (linkerd2-proxy inbound/policy/http.rs). */
  #begin(head: RequestHead, peer: Peer): Exchange | Refusal | Promise<Exchange | Refusal> {
    const clients = this.#clients;
    const { policy } = clients;
    const side = clients.sideOf(peer);
    const { client } = side;
    if (policy.fault !== null) return this.#refuse('unexpected', 'the policy is invalid', client);
    const rule = policy.routes === null ? policy.defaultRule : policy.routes.find(head);
    if (rule === null) {
      clients.countNoRoute(client);
      return refuse('unexpected', 'no route found for request', client.isMeshed, 404);
    }
    const allowed = side.rule === rule ? side.allowed : clients.allow(side, rule, peer);
    if (allowed === null) {
      clients.countDenied(client, rule);
      return refuse('unexpected', 'unauthorized request', client.isMeshed, 403);
    }
    if (rule.filters.answer !== null || policy.rateLimit !== null) {
      const refusal = this.#restrict(head, client, policy, rule.filters.answer);
      if (refusal !== null) return refusal;
    }
    if (this.inFlight.count >= this.inFlight.max) {
      return this.#refuse(
        'loadshed',
        `${this.inFlight.max} requests are under way already`,
        client,
      );
    }
    allowed.allowed.value++;
    const name = this.#context.nameOf(head, peer);
    const table = name === null ? null : this.#context.profiles.get(name);
    if (table === null) return this.#exchange(client, allowed, NO_ROUTE, head, peer);
    if ('match' in table) return this.#routed(client, allowed, table, head, peer);
    const kept = keepHead(head);
    return table.then((arrived) => this.#routed(client, allowed, arrived, kept, peer));
  }

  #restrict(
    head: RequestHead,
    client: ClientSide,
    { rateLimit }: ServerPolicy,
    filter: ((head: RequestHead, random: () => number) => Refusal | null) | null,
  ): Refusal | null {
    const answer = filter === null ? null : filter(head, this.#context.random);
    if (answer !== null) return { ...answer, tellClient: answer.tellClient && client.isMeshed };
    const scope = rateLimit === null ? null : rateLimit.check(client.clientId, this.now());
    if (rateLimit === null || scope === null) return null;
    this.#clients.countRateLimited(client, rateLimit.labels, scope);
    return refuse('unexpected', 'too many requests', client.isMeshed, 429);
  }

  #refusalTaps(peer: Peer): RefusalTaps {
    const { taps } = this.#context;
    return {
      taps,
      now: this.now,
      contextOf: () => ({
        direction: 'inbound',
        peer,
        endpoint: this.#endpoint,
        destinationLabels: this.#clients.serverLabels,
        routeLabels: {},
      }),
    };
  }

  #countTcpError(error: string): void {
    const labels = { error, ...targetLabels(this.#original) };
    this.#context.metrics.tcpErrors.inbound.with(labels, this.#scope).value++;
  }

  #refuse(kind: ErrorKind, sentence: string, client: ClientSide): Refusal {
    this.countError(kind);
    return refuse(kind, sentence, client.isMeshed);
  }

  #routed(
    client: ClientSide,
    allowed: AllowedSide,
    table: RouteTable,
    head: RequestHead,
    peer: Peer,
  ): Exchange {
    return this.#exchange(client, allowed, table.match(head), head, peer);
  }

  #exchange(
    client: ClientSide,
    allowed: AllowedSide,
    route: Route,
    head: RequestHead,
    peer: Peer,
  ): Exchange {
    this.inFlight.count++;
    const nowMs = this.now();
    const { taps, accessLog } = this.#context;
    const isTapped = taps.active && taps.looks(nowMs);
    const isSeen = isTapped || accessLog !== null;
    return new HttpExchange(
      {
        owner: this,
        route,
        endpoint: this.#endpoint,
        metrics: allowed.metrics,
        headerEdit: allowed.headerEdit,
        isGrpc: head.isGrpc,
        tellClient: client.isMeshed,
        tap: isSeen ? this.#tap(head, peer, allowed, route, nowMs, isTapped) : null,
        observer: allowed,
      },
      nowMs,
    );
  }

  #tap(
    head: RequestHead,
    peer: Peer,
    { destinationLabels }: AllowedSide,
    { labels: routeLabels }: Route,
    nowMs: number,
    isTapped: boolean,
  ): RequestTap | null {
    const { taps, accessLog } = this.#context;
    const endpoint = this.#endpoint;
    const seen = { direction: 'inbound', peer, endpoint, destinationLabels, routeLabels } as const;
    const tap = isTapped ? taps.begin(head, seen, nowMs) : null;
    return accessLog === null ? tap : pairOf(tap, accessLog.begin(head, peer, nowMs));
  }

  #clientsUnder(policy: ServerPolicy): InboundClients {
    return new InboundClients(policy, this.#original, this.#context.metrics);
  }

  /** In force for new requests at once; connections it no longer allows are cut. */
  #policyChanged(): void {
    const previous = this.#clients;
    this.#clients = this.#clientsUnder(this.#used.current);
    previous.close();
    for (const connection of this.#connections) {
      if (this.#clients.mustTerminate(connection.peer)) connection.terminate();
    }
  }
}
