import {
  keyOf,
  type InstanceState,
  type PlatformState,
  type RolloutState,
  type ServiceState,
  type WorkloadRef,
  type WorkloadState,
} from '@tulle/model';
import { formatIdentityName } from '@tulle/pki';
import { formatHostPort } from '@tulle/proxy-api';
import type { ClusterObjects } from './cluster-objects.ts';
import type { KeptPod, KeptService, KeptWorkload } from './keep/kept-objects.ts';
import { opaquePorts } from './opaque-ports.ts';
import { rolloutOf } from './rollout.ts';

export interface SnapshotOptions {
  readonly objects: ClusterObjects;
  readonly trustDomain: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Makes snapshots of the cluster. What did not change since the last one is the same object. */
export interface Snapshots {
  make(revision: number): PlatformState;
  close(): void;
}

interface CachedInstance {
  readonly pod: KeptPod;
  readonly state: InstanceState;
}

/**
 * A snapshot costs a walk over the pods, and making anew only what changed: about a millisecond for 5,000 pods. Pods
 * that nothing owns, and those that have ended well, are no instances of a workload.
 */
export function createSnapshots({ objects, trustDomain, now }: SnapshotOptions): Snapshots {
  const { all } = objects;
  const instances = new Map<string, CachedInstance>();
  const services = new Map<string, ServiceState>();
  const rollouts = new Map<string, RolloutState>();
  const stop = objects.topics.listenToAll((topic) => {
    if (topic.startsWith('service ')) services.delete(topic.slice('service '.length));
  });

  function instancesNow(): InstanceState[] {
    const found: InstanceState[] = [];
    for (const [key, pod] of all.pods) {
      const workload = pod.phase === 'succeeded' ? null : objects.workloadOf(pod);
      if (workload === null) continue;
      const cached = instances.get(key);
      if (cached?.pod === pod && keyOf(cached.state.workload) === keyOf(workload)) {
        found.push(cached.state);
        continue;
      }
      const state = toInstance(pod, workload, trustDomain);
      instances.set(key, { pod, state });
      found.push(state);
    }
    if (instances.size > all.pods.size) {
      for (const key of instances.keys()) if (!all.pods.has(key)) instances.delete(key);
    }
    return found;
  }

  function toWorkload(kept: KeptWorkload): WorkloadState {
    const { ref, replicas, serviceAccount, createdAtMs } = kept;
    const namespace = all.namespaces.get(ref.namespace);
    const inject = kept.inject ?? namespace?.inject;
    const opaque = opaquePorts(kept.opaquePorts, namespace?.opaquePorts);
    return {
      ref,
      replicas,
      serviceAccount,
      inject: inject === 'enabled' || inject === 'ingress' ? 'enabled' : 'disabled',
      ports: kept.ports.map(({ name, port }) => ({ name, port, opaque: opaque.has(port, name) })),
      createdAtMs,
    };
  }

  function workloadsNow(): KeptWorkload[] {
    const found: KeptWorkload[] = [];
    for (const kind of ['deployments', 'statefulsets', 'daemonsets', 'cronjobs'] as const) {
      found.push(...all[kind].values());
    }
    for (const kind of ['replicasets', 'jobs'] as const) {
      for (const { workload } of all[kind].values()) if (workload !== null) found.push(workload);
    }
    return found;
  }

  function toService(key: string, service: KeptService): ServiceState {
    const cached = services.get(key);
    if (cached !== undefined) return cached;
    const { ref, ports } = service;
    const opaque = opaquePorts(service.opaquePorts, all.namespaces.get(ref.namespace)?.opaquePorts);
    const state: ServiceState = {
      ref,
      clusterIp: service.clusterIps[0] ?? null,
      ports: ports.map((port) => ({ ...port, opaque: opaque.has(port.port, port.name) })),
      workloads: workloadsBehind(key, ref.namespace),
    };
    services.set(key, state);
    return state;
  }

  function workloadsBehind(serviceKey: string, namespace: string): WorkloadRef[] {
    const found = new Map<string, WorkloadRef>();
    for (const slice of objects.slicesOf(serviceKey)) {
      for (const { pod: name } of slice.endpoints) {
        const pod = all.pods.get(`${namespace}/${name}`);
        const workload = pod === undefined ? null : objects.workloadOf(pod);
        if (workload !== null) found.set(keyOf(workload), workload);
      }
    }
    return [...found.values()];
  }

  function rolloutsNow(workloads: readonly KeptWorkload[]): RolloutState[] {
    const found: RolloutState[] = [];
    for (const workload of workloads) {
      if (workload.rollout.asked === null) continue;
      const key = keyOf(workload.ref);
      const rollout = rolloutOf(workload, objects, rollouts.get(key) ?? null, now());
      rollouts.set(key, rollout);
      found.push(rollout);
    }
    if (rollouts.size > found.length) {
      const known = new Set(found.map((each) => keyOf(each.workload)));
      for (const key of rollouts.keys()) if (!known.has(key)) rollouts.delete(key);
    }
    return found;
  }

  return {
    make(revision) {
      const workloads = workloadsNow();
      return {
        revision,
        workloads: workloads.map(toWorkload),
        instances: instancesNow(),
        services: [...all.services].map(([key, service]) => toService(key, service)),
        rollouts: rolloutsNow(workloads),
      };
    },
    close: stop,
  };
}

function toInstance(pod: KeptPod, workload: WorkloadRef, trustDomain: string): InstanceState {
  const { namespace, name, serviceAccount, phase, restarts, reason, proxy } = pod;
  const ip = pod.ips[0] ?? null;
  const at = (port: number): string => (ip === null ? '' : formatHostPort(ip, port));
  return {
    ref: { kind: 'pod', namespace, name },
    workload,
    serviceAccount,
    phase: phase === 'succeeded' ? 'stopping' : phase,
    restarts,
    reason,
    proxy:
      proxy === null
        ? null
        : {
            identity: formatIdentityName({
              serviceAccount,
              namespace,
              controlPlaneNamespace: proxy.controlPlaneNamespace,
              trustDomain,
            }),
            adminAddress: at(proxy.adminPort),
            tapAddress: at(proxy.controlPort),
            version: proxy.version,
            ready: proxy.ready && ip !== null,
          },
    endpoints:
      ip === null
        ? []
        : pod.ports.map(({ port }) => ({ port, address: at(port), appAddress: at(port) })),
    startedAtMs: pod.startedAtMs,
  };
}
