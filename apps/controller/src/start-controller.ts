import { join } from 'node:path';
import { loadAuthority, type Authority } from '@tulle/pki';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { startAdminServer } from './admin/admin-server.ts';
import { recordPlatformChanges } from './changes/record-platform-changes.ts';
import { createSqliteChangeLog } from './changes/sqlite-change-log.ts';
import type { Role } from './config/controller-config.ts';
import { destinationRoutes } from './destination/destination-service.ts';
import { createDiscovery } from './destination/discovery.ts';
import { createStateSource } from './destination/state-source.ts';
import { startGrpcServer } from './grpc/grpc-server.ts';
import { identityRoutes } from './identity/certify-service.ts';
import { onCertify } from './identity/on-certify.ts';
import { createTapCredentials } from './identity/tap-credentials.ts';
import { createLocalPlatform } from './platform/local/local-platform.ts';
import { registerPlatform } from './platform/platform-metrics.ts';
import { noPolicyRoutes } from './policy/policy-service.ts';
import { createSqliteProfileStore } from './profiles/sqlite-profile-store.ts';
import type { BaseParts, ControllerOptions, ControllerParts } from './controller-parts.ts';
import { startKubernetes } from './start-kubernetes.ts';
import { startPublicServer } from './start-public-server.ts';
import { openDatabase } from './storage/open-database.ts';
import { LOCAL_ACCESS } from './web/access.ts';

/** Gauges of prom-client's that end as only counters may; the same numbers are there by type. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

export interface RunningController {
  /** Ports in use, by role and `admin`; only of roles this process has. */
  readonly ports: Readonly<Partial<Record<Role | 'admin', number>>>;
  /** Takes nothing new, ends streams and viewers, closes the databases. */
  close(): Promise<void>;
}

/**
 * Starts every part this process's roles need; what was started is closed again when one cannot.
 * @throws TulleError `unavailable` for a taken port or an unusable identity folder.
 */
export async function startController(options: ControllerOptions): Promise<RunningController> {
  await using cleanup = new AsyncDisposableStack();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const parts = { ...options, registry, cleanup, startedAtMs: options.now(), ports: {} };
  const { platform } = options.config;
  if (platform.kind === 'local') await startLocal(parts, platform.runtimeSocket);
  else await startKubernetes(parts, platform);
  const started = cleanup.move();
  return { ports: parts.ports, close: () => started.disposeAsync() };
}

async function startLocal(base: BaseParts, runtimeSocket: string): Promise<void> {
  const authority = await loadAuthority(base.config.identityDir, base.now);
  const parts = createLocalParts(base, runtimeSocket, authority);
  await startControlPlane(parts, authority);
  await startPublicServer(parts, LOCAL_ACCESS);
  const server = await startAdminServer({
    listen: parts.config.listen.admin,
    registry: parts.registry,
    waitingFor: () =>
      parts.platform.state().revision > 0 ? null : 'waiting for the first state of the platform',
  });
  parts.cleanup.defer(() => server.close());
  parts.ports.admin = server.port;
}

function createLocalParts(
  base: BaseParts,
  runtimeSocket: string,
  authority: Authority,
): ControllerParts {
  const { config, log, now, cleanup, registry, startedAtMs } = base;
  const path = join(config.stateDir, 'controller.db');
  const { database, corruptMovedTo } = openDatabase(path, now);
  cleanup.defer(() => database.close());
  if (corruptMovedTo !== null) {
    log.error(
      { movedTo: corruptMovedTo },
      'the saved routes and the audit log could not be read and were moved aside; both start empty',
    );
  }
  const profiles = createSqliteProfileStore({ database, now });
  const changes = createSqliteChangeLog({ database, now });
  const platform = createLocalPlatform({
    socketPath: runtimeSocket,
    onWatchError: (error) => log.warn({ error }, 'the runtime is away; its last state is kept'),
  });
  cleanup.defer(() => platform.close());
  registerPlatform(registry, platform);
  const controller = {
    kind: 'deployment',
    namespace: config.controlPlaneNamespace,
    name: 'controller',
  } as const;
  const onFault = (error: unknown): void =>
    log.error({ error }, 'a change of the platform could not be put on record');
  cleanup.defer(recordPlatformChanges({ platform, changes, controller, startedAtMs, onFault }));
  const credentials = createTapCredentials(authority, config, now);
  return { ...base, platform, profiles, changes, credentials };
}

async function startControlPlane(parts: ControllerParts, authority: Authority): Promise<void> {
  const { config, registry, platform, profiles, cleanup, ports } = parts;
  const { roles, listen, clusterDomain, controlPlaneNamespace } = config;
  if (roles.has('destination')) {
    const source = createStateSource(platform, controlPlaneNamespace);
    const discovery = createDiscovery({ source, profiles, clusterDomain });
    const routes = destinationRoutes(discovery, registry);
    const server = await startGrpcServer(listen.destination, 'TULLE_DESTINATION_ADDR', routes);
    cleanup.defer(() => server.close());
    ports.destination = server.port;
  }
  if (roles.has('identity')) {
    const server = await startGrpcServer(
      listen.identity,
      'TULLE_IDENTITY_ADDR',
      identityRoutes({
        authority: async () => authority,
        names: config,
        reviewToken: (token, audience) => platform.reviewToken(token, audience),
        onOutcome: onCertify(parts, async () => authority),
      }),
    );
    cleanup.defer(() => server.close());
    ports.identity = server.port;
  }
  if (roles.has('policy')) {
    const server = await startGrpcServer(listen.policy, 'TULLE_POLICY_ADDR', noPolicyRoutes);
    cleanup.defer(() => server.close());
    ports.policy = server.port;
  }
}
