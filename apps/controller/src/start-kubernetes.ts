import { startAdminServer } from './admin/admin-server.ts';
import type { BaseParts, KubernetesParts } from './controller-parts.ts';
import { startInjector } from './injector/start-injector.ts';
import { createKubernetesClients } from './kubernetes/create-kubernetes-clients.ts';
import { startValidator } from './validator/start-validator.ts';

/** Starts the roles of a cluster: each takes what it needs of the parts, and waits for nothing that another role has. */
export async function startKubernetes(base: BaseParts): Promise<void> {
  const clients = await createKubernetesClients(process.env, base.now);
  base.cleanup.defer(() => clients.close());
  const parts: KubernetesParts = { ...base, clients };
  const { roles } = parts.config;
  const waits: (() => string | null)[] = [];
  if (roles.has('injector')) waits.push(await startInjector(parts));
  if (roles.has('validator')) waits.push(await startValidator(parts));
  const server = await startAdminServer({
    listen: parts.config.listen.admin,
    registry: parts.registry,
    waitingFor: () => waits.map((waitingFor) => waitingFor()).find((why) => why !== null) ?? null,
  });
  parts.cleanup.defer(() => server.close());
  parts.ports.admin = server.port;
}
