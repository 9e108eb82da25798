import type {
  GoldenMetrics,
  PodRef,
  ResourceRef,
  SeriesPoint,
  ServiceRef,
  TcpMetrics,
  WorkloadRef,
} from '@tulle/model';

/** Between two ends of connections: mutual TLS with the other side's identity, or plain with the proxy's reason. */
export type Channel =
  | { readonly kind: 'mutual-tls'; readonly identity: string }
  /** Linkerd's `no_tls_reason`; empty where the proxy gave none. */
  | { readonly kind: 'plain'; readonly reason: string };

/** What a workload's own proxies see of its calls to another, by channel. */
export interface OutboundEdge {
  readonly from: WorkloadRef;
  /** Null for a destination the controller gave no labels for (outside the mesh's services). */
  readonly to: WorkloadRef | null;
  /** As the caller sees the server; `identity` is the server's. */
  readonly channel: Channel;
  readonly golden: GoldenMetrics | null;
  readonly tcp: TcpMetrics | null;
}

/** What a workload's proxies see of its callers, by who they proved to be. */
export interface InboundClients {
  readonly channel: Channel;
  /** Seconds since the newest answer to them. */
  readonly idleSeconds: number;
  readonly golden: GoldenMetrics | null;
  readonly tcp: TcpMetrics | null;
}

export interface RouteMetrics {
  /** Empty for requests that matched no route. */
  readonly route: string;
  /** Seen by the proxies of the service's own instances; null when they report none. */
  readonly inbound: GoldenMetrics | null;
  /** Seen by callers' proxies, a retried request counted once. */
  readonly effective: GoldenMetrics | null;
  /** Seen by callers' proxies, each try counted. */
  readonly actual: GoldenMetrics | null;
}

/** Failures of the window by who refused. */
export interface FailureCounts {
  readonly application: number;
  readonly timeout: number;
  readonly noEndpoint: number;
  readonly policy: number;
  readonly tls: number;
  readonly reset: number;
}

/** What one proxy says about itself. Times are milliseconds since the epoch, null where it does not say. */
export interface ProxyFacts {
  readonly startedAtMs: number | null;
  readonly certificateExpiresAtMs: number | null;
  readonly certificateRefreshedAtMs: number | null;
  /** When the first answer passed it, in either direction, as far as this controller saw. */
  readonly firstResponseAtMs: number | null;
}

export interface Freshness {
  /** When the newest number was taken; 0 before the first. */
  readonly atMs: number;
  readonly proxiesAnswered: number;
  readonly proxiesExpected: number;
}

/** Success rate and requests a second, each 10 s of the last 10 minutes, oldest first; null where nothing is known. */
export interface Spark {
  readonly success: readonly (number | null)[];
  readonly requests: readonly (number | null)[];
}

/**
 * Where numbers come from: the embedded store (scrapes proxies itself) or Prometheus. Answers are of the newest window
 * of `windowSeconds` and cost no I/O, except `series`. Rates follow Linkerd (viz/metrics-api/stat_summary.go): success
 * over answered, answered over the window's seconds, latency to the first byte of the body.
 */
export interface MetricsSource {
  readonly windowSeconds: number;
  /** Of the numbers of everything, or of one workload where those are newer. */
  freshness(workload?: WorkloadRef): Freshness;
  /** Answers a workload, pod, or service (as its callers see it) gave; null when no proxy reports any. */
  golden(ref: ResourceRef): GoldenMetrics | null;
  /** Connections into a workload; null when no proxy reports any. */
  tcp(workload: WorkloadRef): TcpMetrics | null;
  edges(): readonly OutboundEdge[];
  clients(workload: WorkloadRef): readonly InboundClients[];
  routes(service: ServiceRef): readonly RouteMetrics[];
  failures(workload: WorkloadRef): FailureCounts;
  proxy(pod: PodRef): ProxyFacts | null;
  spark(workload: WorkloadRef): Spark;
  /**
   * One point per whole step of the range, oldest first; a step nobody measured has only nulls.
   * @throws TulleError `invalid_argument` for more than 2000 points or a step below a second.
   */
  series(
    ref: ResourceRef,
    rangeSeconds: number,
    stepSeconds: number,
  ): Promise<readonly SeriesPoint[]>;
  /**
   * Somebody looks at a workload, or at everything (null): where it can, the source keeps that fresher than the rest.
   * Gives the function to call when they no longer look.
   */
  attend(workload: WorkloadRef | null): () => void;
  /** Called when newer numbers are there, about once a scrape. Gives the function that stops it. */
  onUpdate(listener: () => void): () => void;
  close(): void;
}
