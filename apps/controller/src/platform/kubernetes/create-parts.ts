import { createKubernetesChangeLog } from '../../changes/kubernetes-change-log.ts';
import { recordPlatformChanges } from '../../changes/record-platform-changes.ts';
import type { ControllerParts, KubernetesParts } from '../../controller-parts.ts';
import type { OwnLeaf } from '../../identity/own-leaf.ts';
import { createKubernetesProfileStore } from '../../profiles/kubernetes-profile-store.ts';
import type { Cluster } from './cluster.ts';
import { createKubernetesPlatform } from './kubernetes-platform.ts';
import { pause } from './pause.ts';

/** The parts that observing, the views and changes are built from, on a cluster that is watched. */
export function createKubernetesParts(
  base: KubernetesParts,
  { objects, watch }: Cluster,
  leaf: OwnLeaf,
): ControllerParts {
  const { config, log, now, cleanup, clients, pod, startedAtMs } = base;
  const { api } = clients;
  const platform = createKubernetesPlatform({
    api,
    objects,
    watch,
    trustDomain: config.trustDomain,
    now,
  });
  cleanup.defer(() => platform.close());
  const changes = createKubernetesChangeLog({
    api,
    namespace: pod.namespace,
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
