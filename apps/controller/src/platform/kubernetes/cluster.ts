import type { BaseParts, KubernetesParts } from '../../controller-parts.ts';
import { registerPlatform } from '../platform-metrics.ts';
import { createClusterObjects, type ClusterObjects } from './cluster-objects.ts';
import { pause } from './pause.ts';
import { ALL_KINDS, DISCOVERY_KINDS, watchCluster, type ClusterWatch } from './watch-cluster.ts';

/** What is watched, once for all roles of a process. */
export interface Cluster {
  readonly objects: ClusterObjects;
  readonly watch: ClusterWatch;
}

/** Starts watching what this process's roles need. The role is not ready before everything was listed once. */
export function startCluster(parts: KubernetesParts): Cluster {
  const { config, registry, cleanup, clients } = parts;
  const objects = createClusterObjects();
  const watch = watchCluster({
    api: clients.api,
    objects,
    kinds: showsWorkloads(parts) ? ALL_KINDS : DISCOVERY_KINDS,
    clusterDomain: config.clusterDomain,
    timing: { delay: pause, random: Math.random },
    onFault: tellFaults(parts),
  });
  cleanup.defer(() => watch.close());
  registerPlatform(registry, watch);
  parts.waitFor(() => watch.waitingFor());
  return { objects, watch };
}

/** Whether people look at workloads through this process. */
export function showsWorkloads({ config }: BaseParts): boolean {
  return (['metrics', 'web', 'tap'] as const).some((role) => config.roles.has(role));
}

function tellFaults({ log }: BaseParts): Parameters<typeof watchCluster>[0]['onFault'] {
  return (kind, error) => {
    if (error === null) log.info({ kind }, 'the Kubernetes API is watched');
    else log.warn({ kind, error }, 'the Kubernetes API cannot be watched; the last state is kept');
  };
}
