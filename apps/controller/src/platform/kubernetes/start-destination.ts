import type { KubernetesParts } from '../../controller-parts.ts';
import { destinationRoutes } from '../../destination/destination-service.ts';
import { createDiscovery } from '../../destination/discovery.ts';
import { startGrpcServer } from '../../grpc/grpc-server.ts';
import type { OwnLeaf } from '../../identity/own-leaf.ts';
import { registerPlatform } from '../platform-metrics.ts';
import { createClusterObjects } from './cluster-objects.ts';
import { createKubernetesSource } from './discovery-source.ts';
import { createProfileLookup } from './profile-lookup.ts';
import { DISCOVERY_KINDS, watchCluster } from './watch-cluster.ts';
import { pause } from './pause.ts';

/** The destination role. The cluster is listed while the certificate is waited for; streams are silent until both are there. */
export async function startKubernetesDestination(
  parts: KubernetesParts,
  leaf: OwnLeaf,
): Promise<void> {
  const { config, log, registry, cleanup, clients, ports } = parts;
  const objects = createClusterObjects();
  const watch = watchCluster({
    api: clients.api,
    objects,
    kinds: DISCOVERY_KINDS,
    clusterDomain: config.clusterDomain,
    timing: { delay: pause, random: Math.random },
    onFault: (kind, error) => {
      if (error === null) log.info({ kind }, 'the Kubernetes API is watched');
      else
        log.warn({ kind, error }, 'the Kubernetes API cannot be watched; the last state is kept');
    },
  });
  cleanup.defer(() => watch.close());
  registerPlatform(registry, watch);
  parts.waitFor(() => watch.waitingFor());
  const source = createKubernetesSource({
    objects,
    isReady: () => watch.isReady(),
    onReady: (listener) => watch.onChange(listener),
    controlPlaneNamespace: config.controlPlaneNamespace,
    trustDomain: config.trustDomain,
  });
  const discovery = createDiscovery({
    source,
    profiles: createProfileLookup(objects, config.clusterDomain),
    clusterDomain: config.clusterDomain,
  });
  const server = await startGrpcServer(
    config.listen.destination,
    'TULLE_DESTINATION_ADDR',
    destinationRoutes(discovery, registry),
    leaf,
  );
  cleanup.defer(() => server.close());
  ports.destination = server.port;
}
