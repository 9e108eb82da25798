import { keyOf, type PlatformState, type SourceInstance } from '@tulle/model';
import { parseHostPort } from '@tulle/proxy-api';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import type { Platform } from '../platform.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { INIT_CONTAINERS, PROXY_CONTAINER } from './keep/annotations.ts';
import { reviewToken } from './review-token.ts';
import { createSnapshots } from './snapshot.ts';
import type { ClusterWatch } from './watch-cluster.ts';
import { createWorkloadChanges } from './workload-changes.ts';

export interface KubernetesPlatformOptions {
  readonly api: KubernetesApi;
  readonly objects: ClusterObjects;
  readonly watch: ClusterWatch;
  readonly trustDomain: string;
  readonly now: () => number;
}

const EMPTY: PlatformState = {
  revision: 0,
  workloads: [],
  instances: [],
  services: [],
  rollouts: [],
};
/** However much happens, there are at most 20 snapshots a second. */
const BATCH_MS = 50;

/** Kubernetes as a platform: snapshots of what is watched, changes through the API server. The caller closes it. */
export function createKubernetesPlatform(options: KubernetesPlatformOptions): Platform {
  const { api, objects, watch, now } = options;
  const snapshots = createSnapshots(options);
  const listeners = new Set<() => void>();
  let state = EMPTY;
  let timer: NodeJS.Timeout | null = null;

  function announce(): void {
    for (const listener of listeners) listener();
  }

  function refresh(): void {
    timer = null;
    if (!watch.isReady()) return;
    state = snapshots.make(state.revision + 1);
    announce();
  }

  function schedule(): void {
    if (timer === null) timer = setTimeout(refresh, BATCH_MS).unref();
  }

  const stops = [
    objects.topics.listenToAll(schedule),
    watch.onChange(() => {
      if (state === EMPTY && watch.isReady()) refresh();
      else announce();
    }),
    () => snapshots.close(),
  ];
  const changes = createWorkloadChanges({
    api,
    now,
    replicasOf: (workload) => {
      const key = keyOf(workload);
      return state.workloads.find(({ ref }) => keyOf(ref) === key)?.replicas ?? 0;
    },
    rolloutOf: (workload) => {
      const key = keyOf(workload);
      return state.rollouts.find((each) => keyOf(each.workload) === key) ?? null;
    },
  });

  function sourceOf(address: string): SourceInstance | null {
    const ip = parseHostPort(address)?.host;
    const pod = ip === undefined ? null : objects.podByIp(ip);
    const workload = pod === null ? null : objects.workloadOf(pod);
    if (pod === null || workload === null) return null;
    return { pod: { kind: 'pod', namespace: pod.namespace, name: pod.name }, workload };
  }

  return {
    state: () => state,
    connected: () => watch.connected(),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setInject: (workload, inject, as) =>
      changes.apply(workload, inject === 'enabled' ? 'inject' : 'uninject', as),
    restart: (workload, as) => changes.apply(workload, 'restart', as),
    reviewToken: (token, audience) => reviewToken(api, token, audience),
    async sources(addresses) {
      const found = addresses.map((address) => [address, sourceOf(address)] as const);
      const sources: Record<string, SourceInstance> = {};
      for (const [address, source] of found) if (source !== null) sources[address] = source;
      // Connections of pods outside the mesh are nowhere to be seen from here.
      return { sources, plainConnections: [] };
    },
    async podLog({ namespace, name }, container, tailLines, as) {
      const who = as === undefined ? api : api.withHeaders(as);
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
      const chosen = container === 'proxy' ? PROXY_CONTAINER : await appContainer(who, path);
      const query = new URLSearchParams({ container: chosen, tailLines: String(tailLines) });
      return who.text(`${path}/log?${query.toString()}`);
    },
    close() {
      for (const stop of stops) stop();
      if (timer !== null) clearTimeout(timer);
      listeners.clear();
    },
  };
}

/** The container `kubectl logs` takes: the annotated one, else the first that is the app's own. */
async function appContainer(api: KubernetesApi, path: string): Promise<string> {
  const { metadata, spec } = await api.request<{
    readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
    readonly spec: { readonly containers: readonly { readonly name: string }[] };
  }>({ method: 'GET', path });
  const chosen = metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  const own = spec.containers.find(
    ({ name }) => name !== PROXY_CONTAINER && !INIT_CONTAINERS.has(name),
  );
  return chosen ?? own?.name ?? '';
}
