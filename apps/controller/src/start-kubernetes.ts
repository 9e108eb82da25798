import { startAdminServer } from './admin/admin-server.ts';
import type { BaseParts, KubernetesParts } from './controller-parts.ts';
import { createKubernetesClients } from './kubernetes/create-kubernetes-clients.ts';

/** Starts the roles of a cluster: each takes what it needs of the parts, and waits for nothing that another role has. */
export async function startKubernetes(base: BaseParts): Promise<void> {
  const clients = await createKubernetesClients(process.env, base.now);
  base.cleanup.defer(() => clients.close());
  const parts: KubernetesParts = { ...base, clients };
  const server = await startAdminServer({
    listen: parts.config.listen.admin,
    registry: parts.registry,
    waitingFor: () => null,
  });
  parts.cleanup.defer(() => server.close());
  parts.ports.admin = server.port;
}
