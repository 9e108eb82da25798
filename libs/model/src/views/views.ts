/**
 * What the controller tells its viewers (dashboard, CLI): the data of the live topics and of the REST API.
 * A view is ready to draw: no viewer computes a rate or a quantile.
 */
import type { GoldenMetrics, Health, TcpMetrics } from '../metrics/golden-metrics.ts';
import type { InstancePhase, RolloutState } from '../platform/platform-state.ts';
import type { RouteSpec } from '../profile/service-profile.ts';
import type { PodRef, ResourceRef, ServiceRef, WorkloadRef } from '../resource/resource-ref.ts';

/** Where the numbers of a view come from; the foot of every page prints it. */
export interface Provenance {
  /** Milliseconds since the epoch when the newest scrape in it was taken. */
  readonly atMs: number;
  readonly windowSeconds: number;
  readonly proxiesAnswered: number;
  readonly proxiesExpected: number;
}

export interface Meshed {
  readonly meshed: number;
  readonly total: number;
}

export interface WorkloadRow {
  readonly ref: WorkloadRef;
  readonly health: Health;
  readonly meshed: Meshed;
  readonly ready: Meshed['total'];
  /** Inbound golden metrics; null when no proxy of it reports any inbound series. */
  readonly golden: GoldenMetrics | null;
  readonly tcp: TcpMetrics | null;
  /** One point each 10 s, oldest first, of the last 10 minutes; null where nothing was answered. */
  readonly sparkSuccess: readonly (number | null)[];
  readonly sparkRequests: readonly (number | null)[];
  /** Busiest route names or paths seen, busiest first, at most 4, and how many there are in all. */
  readonly routesSeen: readonly string[];
  readonly routesSeenTotal: number;
}

/** One sentence that needs a person: drawn as a card on the overview, most urgent first. */
export interface AttentionItem {
  readonly workload: WorkloadRef;
  readonly health: Health;
  readonly kind: 'fails' | 'dragged-down' | 'outside' | 'not-ready';
  /** Follows the workload's name: "fails 14.8 % of its requests". */
  readonly headline: string;
  /** The evidence: "Since 14:02. 100 % of the failures are VoteDoughnut (gRPC Unknown) …". */
  readonly evidence: string;
  /** The workload whose failures drag this one down, for `dragged-down`. */
  readonly cause: WorkloadRef | null;
}

export type ChangeVerb =
  | 'profile-saved'
  | 'profile-deleted'
  | 'injected'
  | 'uninjected'
  | 'rolled'
  | 'instance-restarted'
  | 'controller-restarted';

/** One thing somebody or something changed; kept in the audit log. */
export interface ChangeEvent {
  readonly id: string;
  readonly atMs: number;
  readonly verb: ChangeVerb;
  readonly subject: ResourceRef;
  /** One sentence with the subject's name first. */
  readonly message: string;
  /** "you" for the person at this dashboard, otherwise the part of the system that did it. */
  readonly actor: string;
}

/** Topic `overview`. */
export interface OverviewView {
  readonly provenance: Provenance;
  readonly instances: Meshed;
  /** By {@link keyOf}, so that a merge patch touches one row. */
  readonly workloads: Readonly<Record<string, WorkloadRow>>;
  readonly services: readonly ServiceRef[];
  readonly attention: readonly AttentionItem[];
  readonly changes: readonly ChangeEvent[];
}

export type EdgeSecurity = 'mutual-tls' | 'plain' | 'mixed';

/** Traffic between the page's workload and one neighbour. */
export interface EdgeRow {
  /** Null for traffic from outside that nobody could name. */
  readonly peer: WorkloadRef | null;
  readonly peerHealth: Health;
  readonly golden: GoldenMetrics | null;
  readonly tcp: TcpMetrics | null;
  readonly security: EdgeSecurity;
  readonly clientIdentity: string | null;
  readonly serverIdentity: string | null;
  /** Why it is not mutual TLS, in words; null when it is. */
  readonly plainReason: string | null;
}

export interface RouteRow {
  readonly service: ServiceRef;
  /** Route name, or `[DEFAULT]` for what matched none. */
  readonly name: string;
  /** Null for `[DEFAULT]`. */
  readonly spec: RouteSpec | null;
  readonly golden: GoldenMetrics | null;
  /** After retries, where the callers' proxies report it. */
  readonly effectiveSuccessRate: number | null;
  readonly actualSuccessRate: number | null;
}

export interface InstanceRow {
  readonly ref: PodRef;
  readonly phase: InstancePhase;
  readonly reason: string | null;
  readonly restarts: number;
  readonly startedAtMs: number;
  readonly meshed: boolean;
  readonly proxyVersion: string | null;
  readonly certificateExpiresAtMs: number | null;
  readonly golden: GoldenMetrics | null;
}

/** Failures of the window by who refused. */
export interface FailureBreakdown {
  readonly total: number;
  readonly application: number;
  readonly timeout: number;
  readonly noEndpoint: number;
  readonly policy: number;
  readonly tls: number;
  readonly reset: number;
  /** "Over-represented: route /api/vote (41 of 41), both instances alike"; null without failures. */
  readonly overRepresented: string | null;
}

/** Topic `workload`. */
export interface WorkloadView {
  readonly provenance: Provenance;
  readonly row: WorkloadRow;
  readonly identity: string | null;
  readonly certificateRenewsAtMs: number | null;
  readonly instances: readonly InstanceRow[];
  readonly calledBy: readonly EdgeRow[];
  readonly calls: readonly EdgeRow[];
  readonly routes: readonly RouteRow[];
  readonly failures: FailureBreakdown;
  readonly services: readonly ServiceRef[];
  readonly changes: readonly ChangeEvent[];
}

/** Topic `series`: one row per step, of the step or of the 30 seconds before its end where that is longer. */
export interface SeriesPoint {
  /** Milliseconds since the epoch of the step's end. */
  readonly atMs: number;
  readonly successRate: number | null;
  readonly requestsPerSecond: number | null;
  readonly latencyP50Ms: number | null;
  readonly latencyP95Ms: number | null;
  readonly latencyP99Ms: number | null;
}

/** `GET …/inject-plan`: what a click on "Inject" will do, said before it is done. */
export interface InjectPlan {
  readonly workload: WorkloadRef;
  readonly to: 'enabled' | 'disabled';
  readonly instances: number;
  readonly findings: readonly PlanFinding[];
  /** What is written, as lines of a diff: `+ linkerd.io/inject: enabled`. */
  readonly written: readonly string[];
  /** Median of past injections of this mesh; null when there was none. */
  readonly expectedSeconds: number | null;
}
export interface PlanFinding {
  readonly kind: 'ok' | 'warning' | 'blocked';
  readonly title: string;
  readonly detail: string;
  /** A number at the row's end, for example "3.9 /s"; null for none. */
  readonly figure: string | null;
}

/** Topic `rollout` of a workload: the platform's steps and the one only metrics can tell. */
export interface RolloutView {
  readonly rollout: RolloutState | null;
  /** When the first request was answered through a new proxy; null until then or when uninjecting. */
  readonly firstRequestAtMs: number | null;
}

/** Topic `routes` of a service. */
export interface RoutesView {
  readonly provenance: Provenance;
  readonly service: ServiceRef;
  readonly version: number;
  readonly routes: readonly RouteRow[];
  /** Paths seen that match no defined route, busiest first, at most 50. */
  readonly unmatched: readonly SeenPath[];
}
export interface SeenPath {
  readonly method: string;
  readonly path: string;
  readonly count: number;
}
