import { formatIdentityName } from '@tulle/pki';
import { startAdminServer } from './admin/admin-server.ts';
import type { PlatformConfig } from './config/controller-config.ts';
import type { BaseParts, KubernetesParts } from './controller-parts.ts';
import { requestLeaf } from './identity/certify-client.ts';
import { createOwnLeaf, type OwnLeaf } from './identity/own-leaf.ts';
import { startInjector } from './injector/start-injector.ts';
import { createKubernetesClients } from './kubernetes/create-kubernetes-clients.ts';
import { showsWorkloads, startCluster, type Cluster } from './platform/kubernetes/cluster.ts';
import {
  createClusterPlatform,
  createKubernetesParts,
} from './platform/kubernetes/create-parts.ts';
import { pause } from './platform/kubernetes/pause.ts';
import { startKubernetesDestination } from './platform/kubernetes/start-destination.ts';
import { startKubernetesPolicy } from './policy/kubernetes/start-policy.ts';
import { startKubernetesIdentity } from './platform/kubernetes/start-identity.ts';
import { startPublicServer } from './start-public-server.ts';
import { startTap } from './tap-api/start-tap.ts';
import { startValidator } from './validator/start-validator.ts';
import { createClusterAccess } from './web/access.ts';

export type KubernetesConfig = Extract<PlatformConfig, { kind: 'kubernetes' }>;

/** ServiceAccount of the identity role: its name is in the certificate that this process expects of it. */
const IDENTITY_SERVICE_ACCOUNT = 'tulle-identity';

/** Starts the roles of a cluster: each takes what it needs of the parts, and waits for nothing that another role has. */
export async function startKubernetes(base: BaseParts, platform: KubernetesConfig): Promise<void> {
  const clients = await createKubernetesClients(process.env, base.now);
  base.cleanup.defer(() => clients.close());
  const waiting: (() => string | null)[] = [];
  const parts: KubernetesParts = {
    ...base,
    clients,
    pod: platform.pod,
    mesh: platform.mesh,
    waitFor: (what) => waiting.push(what),
  };
  // Before anything that waits for a certificate: the probes are to be answered meanwhile.
  const server = await startAdminServer({
    listen: parts.config.listen.admin,
    registry: parts.registry,
    waitingFor: () => waiting.map((what) => what()).find((reason) => reason !== null) ?? null,
  });
  parts.cleanup.defer(() => server.close());
  parts.ports.admin = server.port;
  await startRoles(parts);
}

async function startRoles(parts: KubernetesParts): Promise<void> {
  const { roles } = parts.config;
  // Webhooks need no certificate of the mesh, and must not wait for one.
  if (roles.has('injector')) parts.waitFor(await startInjector(parts));
  if (roles.has('validator')) parts.waitFor(await startValidator(parts));
  const leaf = roles.has('identity')
    ? await startKubernetesIdentity(parts)
    : leafOfMeshedRoles(parts);
  if (leaf === null) return;
  if (roles.has('destination') || showsWorkloads(parts)) await startClusterRoles(parts, leaf);
  if (roles.has('policy')) await startKubernetesPolicy(parts, leaf);
}

async function startClusterRoles(parts: KubernetesParts, leaf: OwnLeaf): Promise<void> {
  const cluster = startCluster(parts);
  if (showsWorkloads(parts)) await startObservers(parts, cluster, leaf);
  if (parts.config.roles.has('destination')) {
    await startKubernetesDestination(parts, cluster, leaf);
  }
}

/** The roles that see what runs: tap needs nothing more, the page also what was changed and the routes. */
async function startObservers(
  parts: KubernetesParts,
  cluster: Cluster,
  leaf: OwnLeaf,
): Promise<void> {
  const { clients, config, now } = parts;
  const platform = createClusterPlatform(parts, cluster);
  if (config.roles.has('tap')) {
    parts.waitFor(await startTap({ ...parts, platform, credentials: leaf.credentials }));
  }
  if (!config.roles.has('metrics')) return;
  const shown = createKubernetesParts(parts, cluster, platform, leaf);
  await startPublicServer(shown, createClusterAccess(clients.api, config.access, now));
}

/** The certificate of roles that proxies speak with; null when this process has none of them. */
function leafOfMeshedRoles(parts: KubernetesParts): OwnLeaf | null {
  const { config, pod, mesh, log, now, cleanup } = parts;
  if (mesh.tokenFile === '') return null;
  const identity = formatIdentityName({ ...config, ...pod });
  const { namespace } = pod;
  const server = { ...config, serviceAccount: IDENTITY_SERVICE_ACCOUNT, namespace };
  const leaf = createOwnLeaf({
    request: () => requestLeaf(mesh, identity, formatIdentityName(server)),
    now,
    delay: pause,
    onFault: (error) => log.warn({ error }, 'there is no certificate yet; it is asked for again'),
  });
  cleanup.defer(() => leaf.close());
  parts.waitFor(() => (leaf.isValid() ? null : 'waiting for a certificate of the identity role'));
  return leaf;
}
