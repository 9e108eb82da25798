import type { TulleError } from '@tulle/model';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import type { ReflectorTiming } from '../../kubernetes/reflector.ts';
import {
  watchCollections,
  type Collection,
  type CollectionsWatch,
} from '../../kubernetes/watch-collections.ts';
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
  readonly onFault: (kind: string, error: TulleError | null) => void;
}

export type ClusterWatch = CollectionsWatch;

/** Watches kinds into `objects` until it is closed; what is known stays while the API server is away. */
export function watchCluster(options: WatchClusterOptions): ClusterWatch {
  const { kinds, clusterDomain, ...rest } = options;
  const all = collections(clusterDomain);
  const wanted = Object.fromEntries(kinds.map((kind) => [kind, all[kind]]));
  return watchCollections<KeptKinds>({ ...rest, collections: wanted });
}

type Collections = { readonly [K in KeptKind]: Collection<KeptKinds[K]> };

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
