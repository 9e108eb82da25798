import type { TulleError } from '@tulle/model';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import { runReflector, type ReflectorTiming } from '../../kubernetes/reflector.ts';
import type { ClusterObjects, KeptKind, KeptKinds } from './cluster-objects.ts';
import { keepPod } from './keep/keep-pod.ts';
import { keepServiceProfile } from './keep/keep-service-profile.ts';
import { keepNamespace, keepService, keepSlice } from './keep/keep-service.ts';
import {
  keepCronJob,
  keepDaemonSet,
  keepDeployment,
  keepJob,
  keepReplicaSet,
  keepStatefulSet,
} from './keep/keep-workload.ts';

/** What endpoints and their labels are made of. */
export const DISCOVERY_KINDS: readonly KeptKind[] = [
  'namespaces',
  'pods',
  'services',
  'endpointslices',
  'replicasets',
  'jobs',
  'serviceprofiles',
];
/** What people look at besides. */
export const ALL_KINDS: readonly KeptKind[] = [
  ...DISCOVERY_KINDS,
  'deployments',
  'statefulsets',
  'daemonsets',
  'cronjobs',
];

export interface WatchClusterOptions {
  readonly api: KubernetesApi;
  readonly objects: ClusterObjects;
  readonly kinds: readonly KeptKind[];
  readonly clusterDomain: string;
  readonly timing: ReflectorTiming;
  /** Told when a kind cannot be watched, once per reason, and (null) when it can again. */
  readonly onFault: (kind: KeptKind, error: TulleError | null) => void;
}

export interface ClusterWatch {
  /** Kinds not listed yet, each with the reason known so far. */
  waitingFor(): string | null;
  isReady(): boolean;
  /** Whether every watch is open. */
  connected(): boolean;
  /** Tells when `isReady` or `connected` changed. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

interface KindWatch {
  isSynced: boolean;
  fault: TulleError | null;
}

/** Watches kinds into `objects` until it is closed; what is known stays while the API server is away. */
export function watchCluster(options: WatchClusterOptions): ClusterWatch {
  const { api, objects, kinds, timing } = options;
  const stop = new AbortController();
  const listeners = new Set<() => void>();
  const watches = new Map<KeptKind, KindWatch>(
    kinds.map((kind) => [kind, { isSynced: false, fault: null }]),
  );

  function announce(): void {
    for (const listener of listeners) listener();
  }

  function start<K extends KeptKind>(kind: K): Promise<void> {
    const { path, keep, mayBeMissing } = collections(options.clusterDomain)[kind];
    const watch = watches.get(kind);
    return runReflector<never, KeptKinds[K]>(
      {
        api,
        path,
        keep,
        mayBeMissing,
        timing,
        sink: {
          put: (key, value) => objects.put(kind, key, value),
          remove: (key) => objects.remove(kind, key),
          synced() {
            if (watch !== undefined) watch.isSynced = true;
            announce();
          },
          connected(fault) {
            if (watch === undefined || watch.fault?.message === fault?.message) return;
            watch.fault = fault;
            options.onFault(kind, fault);
            announce();
          },
        },
      },
      stop.signal,
    );
  }
  const running = kinds.map((kind) => start(kind));

  return {
    waitingFor() {
      const missing = [...watches].filter(([, { isSynced }]) => !isSynced);
      if (missing.length === 0) return null;
      const names = missing.map(([kind, { fault }]) =>
        fault === null ? kind : `${kind} (${fault.message})`,
      );
      return `waiting for the first list of ${names.join(', ')}`;
    },
    isReady: () => [...watches.values()].every(({ isSynced }) => isSynced),
    connected: () => [...watches.values()].every(({ fault }) => fault === null),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      stop.abort();
      listeners.clear();
      await Promise.all(running);
    },
  };
}

type Collections = {
  [K in KeptKind]: {
    readonly path: string;
    readonly keep: (object: never) => KeptKinds[K] | null;
    readonly mayBeMissing: boolean;
  };
};

function collections(clusterDomain: string): Collections {
  const builtIn = <T>(path: string, keep: (object: never) => T) => ({
    path,
    keep,
    mayBeMissing: false,
  });
  return {
    namespaces: builtIn('/api/v1/namespaces', keepNamespace),
    pods: builtIn('/api/v1/pods', keepPod),
    services: builtIn('/api/v1/services', keepService),
    endpointslices: builtIn('/apis/discovery.k8s.io/v1/endpointslices', keepSlice),
    replicasets: builtIn('/apis/apps/v1/replicasets', keepReplicaSet),
    jobs: builtIn('/apis/batch/v1/jobs', keepJob),
    deployments: builtIn('/apis/apps/v1/deployments', keepDeployment),
    statefulsets: builtIn('/apis/apps/v1/statefulsets', keepStatefulSet),
    daemonsets: builtIn('/apis/apps/v1/daemonsets', keepDaemonSet),
    cronjobs: builtIn('/apis/batch/v1/cronjobs', keepCronJob),
    serviceprofiles: {
      path: '/apis/linkerd.io/v1alpha2/serviceprofiles',
      keep: (profile) => keepServiceProfile(profile, clusterDomain),
      mayBeMissing: true,
    },
  };
}
