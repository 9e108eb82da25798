import { formatIdentityName } from '@tulle/pki';
import type { KubernetesParts } from '../../controller-parts.ts';
import { startGrpcServer } from '../../grpc/grpc-server.ts';
import type { OwnLeaf } from '../../identity/own-leaf.ts';
import { watchCollections } from '../../kubernetes/watch-collections.ts';
import { pause } from '../../platform/kubernetes/pause.ts';
import { policyRoutes } from '../policy-service.ts';
import type { PolicyMesh } from './authorizations.ts';
import type { KeptPolicies } from './kept-policies.ts';
import { createKubernetesPolicySource } from './kubernetes-policy-source.ts';
import { policyCollections } from './policy-collections.ts';
import { createPolicyObjects } from './policy-objects.ts';

/** The policy role: streams are silent until every kind was listed once. */
export async function startKubernetesPolicy(parts: KubernetesParts, leaf: OwnLeaf): Promise<void> {
  const { config, log, cleanup, clients, ports } = parts;
  const { controlPlaneNamespace, trustDomain, clusterDomain } = config;
  const mesh: PolicyMesh = {
    ...config.policy,
    clusterDomain,
    identityOf: ({ namespace, name }) =>
      formatIdentityName({ serviceAccount: name, namespace, controlPlaneNamespace, trustDomain }),
  };
  const objects = createPolicyObjects();
  const watch = watchCollections<KeptPolicies>({
    api: clients.api,
    collections: policyCollections(mesh),
    objects,
    timing: { delay: pause, random: Math.random },
    onFault: (kind, error) => {
      if (error === null) log.info({ kind }, 'policies: the Kubernetes API is watched');
      else log.warn({ kind, error }, 'policies cannot be watched; the last ones stay in force');
    },
  });
  cleanup.defer(() => watch.close());
  parts.waitFor(() => watch.waitingFor());
  const source = createKubernetesPolicySource({
    objects,
    mesh,
    isReady: () => watch.isReady(),
    onReady: (listener) => watch.onChange(listener),
  });
  const routes = policyRoutes(source);
  const server = await startGrpcServer(config.listen.policy, 'TULLE_POLICY_ADDR', routes, leaf);
  cleanup.defer(() => server.close());
  ports.policy = server.port;
}
