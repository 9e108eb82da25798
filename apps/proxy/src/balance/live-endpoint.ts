import type { Labels, MetricScope } from '@tulle/telemetry';
import type { Backoff } from '../config/proxy-config.ts';
import type { RequestMetrics } from '../observe/request-metrics.ts';
import type {
  Endpoint,
  EndpointPools,
  EndpointTls,
  ProtocolHint,
  TransportCounters,
  TransportTag,
} from '../stack/endpoint.ts';
import type { AnswerVerdict, FailureBreaker } from './failure-breaker.ts';
import { LoadPenalty, type LoadOptions } from './load-penalty.ts';
import { PeakEwma } from './peak-ewma.ts';

/** A stream given up after an hour without a message was rather idle than slow: a wait counts up to this. */
const LONGEST_WAIT_MS = 10_000;

/** Told when connecting to one of its endpoints begins to fail or works again. */
export interface EndpointOwner {
  /** @param backoff between the tries that follow; the owner's own where absent. */
  endpointFailed(endpoint: LiveEndpoint, backoff?: Backoff): void;
  endpointReady(endpoint: LiveEndpoint): void;
}

export interface EndpointParts {
  readonly host: string;
  readonly port: number;
  readonly tls: EndpointTls;
  /** `none` where absent. */
  readonly protocolHint?: ProtocolHint;
  readonly tag?: TransportTag | null;
  /** Without the `dst_` prefix. */
  readonly labels: Labels;
  readonly transport: TransportCounters;
  /** Counts attempts; null inbound, where they are counted per client. */
  readonly metrics: RequestMetrics | null;
  /** Holds this endpoint's series; closed when it is retired. */
  readonly scope: MetricScope;
  /** Milliseconds, monotonic. */
  readonly nowMs: number;
  /** How its load is reckoned; absent: as everywhere. */
  readonly load?: LoadOptions;
}

/** An endpoint with what the balancer knows about it. */
export class LiveEndpoint implements Endpoint {
  readonly host: string;
  readonly port: number;
  readonly tls: EndpointTls;
  readonly protocolHint: ProtocolHint;
  readonly tag: TransportTag | null;
  readonly labels: Labels;
  readonly transport: TransportCounters;
  readonly metrics: RequestMetrics | null;
  readonly pools: EndpointPools = { http1: null, http2: null };
  retired = false;
  /** Attempts without an answer yet. */
  pending = 0;
  readonly rtt: PeakEwma;
  /** What failing costs it beside its time; null as a rule. */
  readonly penalty: LoadPenalty | null;
  /** Who balances over it; null where it is the only one there can be. */
  owner: EndpointOwner | null = null;
  /** Connection attempts that failed in a row; 0 while it is ready. */
  failures = 0;
  /** While it is not ready: when one request may try it again. Monotonic milliseconds. */
  retryAtMs = 0;
  /** One request is trying it now. */
  isProbed = false;
  /** Judges its answers; null where only connecting counts. */
  breaker: FailureBreaker | null = null;
  readonly #scope: MetricScope;

  constructor(parts: EndpointParts) {
    this.host = parts.host;
    this.port = parts.port;
    this.tls = parts.tls;
    this.protocolHint = parts.protocolHint ?? 'none';
    this.tag = parts.tag ?? null;
    this.labels = parts.labels;
    this.transport = parts.transport;
    this.metrics = parts.metrics;
    const { load } = parts;
    this.rtt = new PeakEwma(parts.nowMs, load?.defaultRttMs, load?.decayMs);
    const penalty = load?.penalty ?? null;
    this.penalty = penalty === null ? null : new LoadPenalty(penalty, parts.nowMs);
    this.#scope = parts.scope;
  }

  connectionFailed(): void {
    this.owner?.endpointFailed(this);
  }

  connectionReady(): void {
    if (this.failures > 0 && this.breaker?.isTripped !== true) this.owner?.endpointReady(this);
  }

  /** An attempt ended with an answer, or without one that should have come. */
  answered(verdict: AnswerVerdict, nowMs: number): void {
    const { breaker, owner } = this;
    if (breaker === null || owner === null) return;
    switch (breaker.record(verdict, this.isProbed, nowMs)) {
      case 'shut':
        owner.endpointFailed(this, breaker.backoff);
        return;
      case 'open':
        owner.endpointReady(this);
        return;
      case 'as-it-was':
    }
  }

  /**
   * An attempt ended `elapsedMs` after it began and had no answer: it was given up or broke. How long it waited in vain
   * counts as if it were a slow answer; that it ended soon says nothing good.
   */
  unanswered(elapsedMs: number, nowMs: number): void {
    const waitedMs = Math.min(elapsedMs, LONGEST_WAIT_MS);
    if (waitedMs > this.rtt.read(nowMs)) this.rtt.observe(waitedMs, nowMs);
  }

  /** Expected time to an answer with one more request. */
  load(nowMs: number): number {
    const { penalty } = this;
    const rttMs = this.rtt.read(nowMs);
    const costMs = penalty === null ? rttMs : Math.max(rttMs, penalty.read(nowMs));
    return costMs * (this.pending + 1);
  }

  /** Discovery took it away. Idempotent. */
  retire(): void {
    if (this.retired) return;
    this.retired = true;
    this.owner = null;
    this.pools.http1?.close();
    this.pools.http2?.close();
    this.#scope.close();
  }
}
