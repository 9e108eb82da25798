import type { ServiceRef, WorkloadRef } from '@tulle/model';
import type {
  KeptMiddle,
  KeptNamespace,
  KeptOwner,
  KeptPod,
  KeptProfile,
  KeptService,
  KeptSlice,
  KeptWorkload,
} from './keep/kept-objects.ts';
import { createTopics, type Topics } from './topics.ts';

/** Kinds that are kept, by the name of their collection. */
export interface KeptKinds {
  readonly namespaces: KeptNamespace;
  readonly pods: KeptPod;
  readonly services: KeptService;
  readonly endpointslices: KeptSlice;
  readonly replicasets: KeptMiddle;
  readonly jobs: KeptMiddle;
  readonly deployments: KeptWorkload;
  readonly statefulsets: KeptWorkload;
  readonly daemonsets: KeptWorkload;
  readonly cronjobs: KeptWorkload;
  readonly serviceprofiles: KeptProfile;
}
export type KeptKind = keyof KeptKinds;

/**
 * What is known of the cluster, with the indexes that make one change cost what it concerns and not the whole cluster.
 * Written by the reflectors only; keys are `namespace/name`.
 */
export interface ClusterObjects {
  /** By kind. Read-only for everybody but the reflectors. */
  readonly all: { readonly [K in KeptKind]: ReadonlyMap<string, KeptKinds[K]> };
  put<K extends KeptKind>(kind: K, key: string, value: KeptKinds[K]): void;
  remove(kind: KeptKind, key: string): void;
  serviceByIp(ip: string): KeptService | null;
  /** Pods in the host's network share its address and are not found by it. */
  podByIp(ip: string): KeptPod | null;
  /** The pod that has this port on the node's address. */
  podByHostPort(ip: string, port: number): KeptPod | null;
  slicesOf(serviceKey: string): Iterable<KeptSlice>;
  /** The workload people know: past ReplicaSets and Jobs that something owns. Null for a pod that nothing owns. */
  workloadOf(pod: KeptPod): WorkloadRef | null;
  /** Called with the service whose profile changed, in whatever namespace. Gives the function that stops it. */
  onProfile(listener: (service: ServiceRef) => void): () => void;
  /** Tells who asked about a service (`service ns/name`), an address (`ip 10.1.2.3`) or anything (`kind pods`). */
  readonly topics: Topics;
}

const WORKLOAD_KINDS: Readonly<Record<string, WorkloadRef['kind']>> = {
  Deployment: 'deployment',
  StatefulSet: 'statefulset',
  DaemonSet: 'daemonset',
  ReplicaSet: 'replicaset',
  Job: 'job',
  CronJob: 'cronjob',
};

export function createClusterObjects(): ClusterObjects {
  const all = {
    namespaces: new Map<string, KeptNamespace>(),
    pods: new Map<string, KeptPod>(),
    services: new Map<string, KeptService>(),
    endpointslices: new Map<string, KeptSlice>(),
    replicasets: new Map<string, KeptMiddle>(),
    jobs: new Map<string, KeptMiddle>(),
    deployments: new Map<string, KeptWorkload>(),
    statefulsets: new Map<string, KeptWorkload>(),
    daemonsets: new Map<string, KeptWorkload>(),
    cronjobs: new Map<string, KeptWorkload>(),
    serviceprofiles: new Map<string, KeptProfile>(),
  };
  const servicesByIp = new Map<string, KeptService>();
  const podsByIp = new Map<string, KeptPod>();
  const podsByHostPort = new Map<string, KeptPod>();
  const slicesByService = new Map<string, Map<string, KeptSlice>>();
  /** Services that have had a slice with the pod; what is too much costs a look, what is missing would be a fault. */
  const servicesOfPod = new Map<string, Set<string>>();
  /** Pods whose ReplicaSet or Job was not seen yet: which workload is theirs is known only then. */
  const orphans = new Map<string, Set<string>>();
  const topics = createTopics();
  const profileListeners = new Set<(service: ServiceRef) => void>();

  function indexPod(pod: KeptPod, change: 'put' | 'remove'): void {
    const index = <T>(map: Map<T, KeptPod>, key: T): void => {
      if (change === 'put') map.set(key, pod);
      // Another pod may have taken the address meanwhile.
      else if (map.get(key)?.name === pod.name) map.delete(key);
    };
    // An ended pod keeps its address in its status long after another pod has got it.
    const isOver = pod.phase === 'succeeded' || pod.phase === 'failed';
    if (!pod.hostNetwork && !(isOver && change === 'put')) {
      for (const ip of pod.ips) index(podsByIp, ip);
    }
    if (pod.hostIp === null) return;
    for (const { hostPort, port } of pod.ports) {
      const onHost = pod.hostNetwork ? port : hostPort;
      if (onHost !== 0) index(podsByHostPort, `${pod.hostIp} ${onHost}`);
    }
  }

  function tellPod(key: string, pod: KeptPod): void {
    for (const ip of pod.ips) topics.tell(`ip ${ip}`);
    if (pod.hostIp !== null && pod.ports.some(({ hostPort }) => hostPort !== 0)) {
      topics.tell(`ip ${pod.hostIp}`);
    }
    for (const service of servicesOfPod.get(key) ?? []) topics.tell(`service ${service}`);
  }

  function tellService(service: KeptService): void {
    topics.tell(`service ${service.ref.namespace}/${service.ref.name}`);
    for (const ip of service.clusterIps) topics.tell(`ip ${ip}`);
  }

  function setSlice(key: string, before: KeptSlice | undefined, after: KeptSlice | null): void {
    for (const slice of [before, after]) {
      if (slice === undefined || slice === null) continue;
      const service = `${slice.namespace}/${slice.service}`;
      const slices = slicesByService.get(service) ?? new Map<string, KeptSlice>();
      if (slice === after) slices.set(key, slice);
      else slices.delete(key);
      if (slices.size === 0) slicesByService.delete(service);
      else slicesByService.set(service, slices);
    }
    const now = after ?? before;
    if (now === undefined) return;
    const service = `${now.namespace}/${now.service}`;
    for (const { pod } of before?.endpoints ?? []) {
      const podKey = `${now.namespace}/${pod}`;
      if (!all.pods.has(podKey)) servicesOfPod.delete(podKey);
    }
    for (const { pod } of after?.endpoints ?? []) {
      if (pod === null) continue;
      const podKey = `${now.namespace}/${pod}`;
      const services = servicesOfPod.get(podKey) ?? new Set<string>();
      servicesOfPod.set(podKey, services.add(service));
    }
    topics.tell(`service ${service}`);
    for (const ip of all.services.get(service)?.clusterIps ?? []) topics.tell(`ip ${ip}`);
  }

  /** Default opaque ports come from the namespace, so all its services and pods may have changed. */
  function tellNamespace(name: string): void {
    for (const service of all.services.values()) {
      if (service.ref.namespace === name) tellService(service);
    }
    for (const [key, pod] of all.pods) if (pod.namespace === name) tellPod(key, pod);
  }

  function isOrphan({ namespace, owner }: KeptPod): boolean {
    if (owner?.kind === 'ReplicaSet') return !all.replicasets.has(`${namespace}/${owner.name}`);
    return owner?.kind === 'Job' && !all.jobs.has(`${namespace}/${owner.name}`);
  }

  function awaitOwner(key: string, pod: KeptPod): void {
    const middle = `${pod.owner?.kind} ${pod.namespace}/${pod.owner?.name}`;
    const waiting = orphans.get(middle) ?? new Set<string>();
    orphans.set(middle, waiting.add(key));
  }

  /** The workload's name is a label of the pod's endpoints. */
  function tellOwned(middle: string): void {
    const waiting = orphans.get(middle) ?? [];
    orphans.delete(middle);
    for (const key of waiting) {
      const pod = all.pods.get(key);
      if (pod !== undefined) tellPod(key, pod);
    }
  }

  function changed<K extends KeptKind>(
    kind: K,
    key: string,
    before: KeptKinds[K] | undefined,
    after: KeptKinds[K] | null,
  ): void {
    const change = { kind, before, after } as Change;
    switch (change.kind) {
      case 'pods':
        if (change.before !== undefined) {
          indexPod(change.before, 'remove');
          tellPod(key, change.before);
        }
        if (change.after !== null) {
          indexPod(change.after, 'put');
          if (isOrphan(change.after)) awaitOwner(key, change.after);
          tellPod(key, change.after);
        } else servicesOfPod.delete(key);
        break;
      case 'services':
        for (const ip of change.before?.clusterIps ?? []) servicesByIp.delete(ip);
        if (change.before !== undefined) tellService(change.before);
        if (change.after !== null) {
          for (const ip of change.after.clusterIps) servicesByIp.set(ip, change.after);
          tellService(change.after);
        }
        break;
      case 'endpointslices':
        setSlice(key, change.before, change.after);
        break;
      case 'namespaces':
        if (change.before?.opaquePorts !== change.after?.opaquePorts) tellNamespace(key);
        break;
      case 'replicasets':
      case 'jobs':
        if (change.after !== null) tellOwned(`${change.after.kind} ${key}`);
        break;
      case 'serviceprofiles': {
        const service = (change.after ?? change.before)?.service;
        for (const listener of profileListeners) if (service !== undefined) listener(service);
        break;
      }
      default:
        break;
    }
    topics.tell(`kind ${kind}`);
  }

  return {
    all,
    put(kind, key, value) {
      const map = all[kind] as Map<string, typeof value>;
      const before = map.get(key);
      map.set(key, value);
      changed(kind, key, before, value);
    },
    remove(kind, key) {
      const before = all[kind].get(key);
      if (before === undefined) return;
      all[kind].delete(key);
      changed(kind, key, before, null);
    },
    serviceByIp: (ip) => servicesByIp.get(ip) ?? null,
    podByIp: (ip) => podsByIp.get(ip) ?? null,
    podByHostPort: (ip, port) => podsByHostPort.get(`${ip} ${port}`) ?? null,
    slicesOf: (serviceKey) => slicesByService.get(serviceKey)?.values() ?? [],
    workloadOf: ({ namespace, owner }) => {
      const top = owner === null ? null : topOwner(namespace, owner);
      const kind = WORKLOAD_KINDS[top?.kind ?? ''];
      return top === null || kind === undefined ? null : { kind, namespace, name: top.name };
    },
    onProfile(listener) {
      profileListeners.add(listener);
      return () => profileListeners.delete(listener);
    },
    topics,
  };

  function topOwner(namespace: string, owner: KeptOwner): KeptOwner {
    const key = `${namespace}/${owner.name}`;
    if (owner.kind === 'ReplicaSet') return all.replicasets.get(key)?.owner ?? owner;
    if (owner.kind === 'Job') return all.jobs.get(key)?.owner ?? owner;
    return owner;
  }
}

type Change = {
  [K in KeptKind]: {
    readonly kind: K;
    readonly before: KeptKinds[K] | undefined;
    readonly after: KeptKinds[K] | null;
  };
}[KeptKind];
