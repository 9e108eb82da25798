/** What is kept of the API server's objects: 5,000 pods must fit in little memory, so only what is asked for later. */
import type { RolloutState, ServiceProfileSpec, ServiceRef, WorkloadRef } from '@tulle/model';

export interface KeptNamespace {
  readonly name: string;
  readonly inject: string | null;
  /** Value of `config.linkerd.io/opaque-ports`; null where it is not set. */
  readonly opaquePorts: string | null;
}

/** The controller in an object's owner references. */
export interface KeptOwner {
  /** As the API has it: `ReplicaSet`. */
  readonly kind: string;
  readonly name: string;
}

export interface KeptPod {
  readonly namespace: string;
  readonly name: string;
  /** Empty until the pod has a network; the node's own for a pod in the host's network. */
  readonly ips: readonly string[];
  readonly hostNetwork: boolean;
  readonly hostIp: string | null;
  readonly node: string;
  readonly serviceAccount: string;
  readonly owner: KeptOwner | null;
  /** Label `pod-template-hash`. */
  readonly templateHash: string | null;
  /** The generation of its template, for kinds that have no template hash: label `controller-revision-hash`. */
  readonly revisionHash: string | null;
  readonly phase: 'starting' | 'ready' | 'stopping' | 'failed' | 'succeeded';
  readonly restarts: number;
  /** Why it is not ready, in a sentence; null when it is. */
  readonly reason: string | null;
  /** Whether it will not become ready by waiting: its image cannot be pulled, it crashes again and again. */
  readonly isStuck: boolean;
  readonly proxy: KeptProxy | null;
  readonly ports: readonly KeptPort[];
  readonly opaquePorts: string | null;
  /** Ports whose traffic goes past the proxy: no mutual TLS with them. */
  readonly skipInboundPorts: string | null;
  readonly startedAtMs: number;
}

export interface KeptProxy {
  /** Label `linkerd.io/control-plane-ns`: who gave it its identity. */
  readonly controlPlaneNamespace: string;
  readonly version: string;
  readonly ready: boolean;
  readonly inboundPort: number;
  readonly adminPort: number;
  readonly controlPort: number;
}

export interface KeptPort {
  readonly name: string;
  readonly port: number;
  /** 0 where the node has no such port. */
  readonly hostPort: number;
}

export interface KeptService {
  readonly ref: ServiceRef;
  readonly kind: 'cluster-ip' | 'headless' | 'external-name';
  readonly clusterIps: readonly string[];
  /** `IPv4` or `IPv6`: the family its endpoints are taken from where they have both. */
  readonly family: string;
  readonly ports: readonly KeptServicePort[];
  readonly opaquePorts: string | null;
  /** Only endpoints on the client's own node. */
  readonly isLocalTraffic: boolean;
}

export interface KeptServicePort {
  readonly name: string;
  readonly port: number;
  readonly targetPort: number | string;
}

export interface KeptSlice {
  readonly namespace: string;
  readonly service: string;
  /** `IPv4`, `IPv6` or `FQDN`. */
  readonly family: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly endpoints: readonly KeptEndpoint[];
}

export interface KeptEndpoint {
  readonly addresses: readonly string[];
  readonly ready: boolean;
  /** Name of the pod behind it in the slice's namespace; null for an address that is no pod. */
  readonly pod: string | null;
  /** Name of the instance in DNS, for StatefulSets. */
  readonly hostname: string | null;
  readonly node: string | null;
  readonly zone: string | null;
}

/** A ReplicaSet or Job: a step between a pod and the workload that people know. */
export interface KeptMiddle {
  readonly kind: 'ReplicaSet' | 'Job';
  readonly owner: KeptOwner | null;
  /** Label `pod-template-hash`. */
  readonly templateHash: string | null;
  /** The larger, the newer the template. */
  readonly revision: number;
  /** Set where nothing owns it: then it is the workload itself. */
  readonly workload: KeptWorkload | null;
}

export interface KeptWorkload {
  readonly ref: WorkloadRef;
  readonly replicas: number;
  readonly serviceAccount: string;
  /** Value of `linkerd.io/inject` in the pod template; null where it is not set. */
  readonly inject: string | null;
  readonly opaquePorts: string | null;
  readonly ports: readonly KeptPort[];
  readonly createdAtMs: number;
  readonly rollout: KeptRollout;
}

/** How far the workload's controller is with bringing its pods to the newest template. */
export interface KeptRollout {
  /** False until the controller has seen the newest template. */
  readonly isObserved: boolean;
  /** Pods of the newest template. */
  readonly updated: number;
  /** Pods that take traffic, old ones too. */
  readonly available: number;
  /** Pods there are, old ones too. */
  readonly present: number;
  /** Label of pods of the newest template, for StatefulSets and DaemonSets. */
  readonly revisionHash: string | null;
  /** Why its controller gave up or cannot make pods; null when all is well. */
  readonly failure: string | null;
  /** When its controller said that all pods are new; null before, or where it does not say. */
  readonly settledAtMs: number | null;
  /** What was noted on the template when the rollout was asked for; null when nobody asked for one. */
  readonly asked: AskedRollout | null;
}

export interface AskedRollout {
  readonly cause: RolloutState['cause'];
  readonly atMs: number;
}

/** A ServiceProfile. It stands in the service's own namespace, or in that of clients who see the service otherwise. */
export interface KeptProfile {
  readonly namespace: string;
  readonly service: ServiceRef;
  readonly resourceVersion: string;
  readonly spec: ServiceProfileSpec;
  readonly savedAtMs: number;
  readonly savedBy: string;
}
