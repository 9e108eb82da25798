/**
 * What runs, as the platform (the laptop's runtime, or Kubernetes) tells the controller: one immutable snapshot,
 * replaced whole on every change. The controller reads nothing else about workloads.
 */
import type { PodRef, ServiceRef, WorkloadRef } from '../resource/resource-ref.ts';

export interface PlatformState {
  /** Grows with every change; restarts from 1 when the platform restarts. */
  readonly revision: number;
  readonly workloads: readonly WorkloadState[];
  readonly instances: readonly InstanceState[];
  readonly services: readonly ServiceState[];
  readonly rollouts: readonly RolloutState[];
}

export interface WorkloadState {
  readonly ref: WorkloadRef;
  readonly replicas: number;
  readonly serviceAccount: string;
  /** Value of `linkerd.io/inject` in force for it. */
  readonly inject: 'enabled' | 'disabled';
  /** Ports its containers listen on. */
  readonly ports: readonly PortState[];
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number;
}

export interface PortState {
  readonly name: string;
  /** The port as the specification names it (for example 8080), before any local translation. */
  readonly port: number;
  readonly opaque: boolean;
}

/** `starting`: not yet ready; `ready`: takes traffic; `stopping`: told to end; `failed`: ended and waits for its restart. */
export type InstancePhase = 'starting' | 'ready' | 'stopping' | 'failed';

export interface InstanceState {
  readonly ref: PodRef;
  readonly workload: WorkloadRef;
  readonly serviceAccount: string;
  readonly phase: InstancePhase;
  readonly restarts: number;
  /** Why it is not ready, in a sentence; null when it is. */
  readonly reason: string | null;
  /** Null for an instance outside the mesh. */
  readonly proxy: InstanceProxy | null;
  readonly endpoints: readonly InstanceEndpoint[];
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
}

export interface InstanceProxy {
  /** Mesh identity: `<sa>.<ns>.serviceaccount.identity.<control plane ns>.<trust domain>`. */
  readonly identity: string;
  /** `ip:port` of `/metrics`, `/ready`, `/live`. */
  readonly adminAddress: string;
  /** `ip:port` of the tap service. */
  readonly tapAddress: string;
  readonly version: string;
  /** Whether the proxy's `/ready` has answered 200. */
  readonly ready: boolean;
}

export interface InstanceEndpoint {
  /** The port as the specification names it. */
  readonly port: number;
  /** `ip:port` other instances dial: the proxy's inbound port when meshed, the application's otherwise. */
  readonly address: string;
  /** `ip:port` the application itself listens on (what the inbound proxy sees as original destination). */
  readonly appAddress: string;
}

export interface ServiceState {
  readonly ref: ServiceRef;
  /** Virtual address that proxies ask profiles for; nothing listens on it. Null for a headless or external service. */
  readonly clusterIp: string | null;
  readonly ports: readonly ServicePortState[];
  /** Workloads whose ready instances are its endpoints: several behind one selector, none without any. */
  readonly workloads: readonly WorkloadRef[];
}

export interface ServicePortState {
  readonly name: string;
  readonly port: number;
  /** Port of the instance, as in {@link InstanceEndpoint.port}, or the name it has there. */
  readonly targetPort: number | string;
  readonly opaque: boolean;
}

export type RolloutStep = 'starting' | 'waiting-ready' | 'draining-old' | 'done' | 'failed';

/** One replacement of a workload's instances, for example on injection. The platform keeps the last one per workload. */
export interface RolloutState {
  readonly id: string;
  readonly workload: WorkloadRef;
  readonly cause: 'inject' | 'uninject' | 'restart';
  readonly step: RolloutStep;
  readonly replaced: number;
  readonly total: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** Set when step is `failed`: the reason, and what was kept. */
  readonly message: string | null;
}
