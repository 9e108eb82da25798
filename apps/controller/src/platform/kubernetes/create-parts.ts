import { createKubernetesChangeLog } from '../../changes/kubernetes-change-log.ts';
import { recordPlatformChanges } from '../../changes/record-platform-changes.ts';
import type { ControllerParts, KubernetesParts } from '../../controller-parts.ts';
import type { OwnLeaf } from '../../identity/own-leaf.ts';
import { createKubernetesProfileStore } from '../../profiles/kubernetes-profile-store.ts';
import type { Cluster } from './cluster.ts';
import type { Platform } from '../platform.ts';
import { createKubernetesPlatform } from './kubernetes-platform.ts';
import { pause } from './pause.ts';

/** What runs in a cluster that is watched. */
export function createClusterPlatform(
  { config, now, cleanup, clients }: KubernetesParts,
  { objects, watch }: Cluster,
): Platform {
  const platform = createKubernetesPlatform({
    api: clients.api,
    objects,
    watch,
    trustDomain: config.trustDomain,
    now,
  });
  cleanup.defer(() => platform.close());
  return platform;
}

/** The parts that observing, the views and changes are built from, on a cluster that is watched. */
export function createKubernetesParts(
  base: KubernetesParts,
  { objects }: Pick<Cluster, 'objects'>,
  platform: Platform,
  leaf: OwnLeaf,
): ControllerParts {
  const { config, log, now, cleanup, clients, pod, startedAtMs } = base;
  const { api } = clients;
  const changes = createKubernetesChangeLog({
    api,
    namespace: pod.namespace,
    replica: pod.name,
    timing: { delay: pause, random: Math.random },
    now,
    onFault: (error) => log.warn({ error }, 'the log of changes cannot be kept up to date'),
  });
  cleanup.defer(() => changes.close());
  const profiles = createKubernetesProfileStore({
    api,
    objects,
    clusterDomain: config.clusterDomain,
  });
  const stopRecording = recordPlatformChanges({
    platform,
    changes,
    controller: { kind: 'deployment', namespace: pod.namespace, name: pod.serviceAccount },
    startedAtMs,
    onFault: (error) => log.error({ error }, 'a change of the platform could not be put on record'),
  });
  cleanup.defer(stopRecording);
  return { ...base, platform, profiles, changes, credentials: leaf.credentials };
}
