import type { KubernetesParts } from '../../controller-parts.ts';
import { destinationRoutes } from '../../destination/destination-service.ts';
import { createDiscovery } from '../../destination/discovery.ts';
import { startGrpcServer } from '../../grpc/grpc-server.ts';
import type { OwnLeaf } from '../../identity/own-leaf.ts';
import type { Cluster } from './cluster.ts';
import { createKubernetesSource } from './discovery-source.ts';
import { createProfileLookup } from './profile-lookup.ts';

/** The destination role. The cluster is listed while the certificate is waited for; streams are silent until both are there. */
export async function startKubernetesDestination(
  parts: KubernetesParts,
  { objects, watch }: Cluster,
  leaf: OwnLeaf,
): Promise<void> {
  const { config, registry, cleanup, ports } = parts;
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
