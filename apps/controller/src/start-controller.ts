import { join } from 'node:path';
import { API_PREFIX, TulleError, type VersionView } from '@tulle/model';
import { loadAuthority } from '@tulle/pki';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { startAdminServer } from './admin/admin-server.ts';
import { createApiRoutes } from './api/api-routes.ts';
import { createRouter } from './api/router.ts';
import { createChangeDoor } from './changes/change-door.ts';
import { recordPlatformChanges } from './changes/record-platform-changes.ts';
import { createSqliteChangeLog } from './changes/sqlite-change-log.ts';
import type { Role } from './config/controller-config.ts';
import { destinationRoutes } from './destination/destination-service.ts';
import { createDiscovery } from './destination/discovery.ts';
import { startGrpcServer } from './grpc/grpc-server.ts';
import { identityRoutes, type CertifyOutcome } from './identity/certify-service.ts';
import { createIdentityMetrics } from './identity/identity-metrics.ts';
import { createLocalPlatform } from './platform/local/local-platform.ts';
import type { Platform } from './platform/platform.ts';
import { policyRoutes } from './policy/policy-service.ts';
import { createSqliteProfileStore } from './profiles/sqlite-profile-store.ts';
import type { ControllerOptions, ControllerParts } from './controller-parts.ts';
import { startObservation } from './start-observation.ts';
import { openDatabase } from './storage/open-database.ts';
import { startWebServer } from './web/web-server.ts';

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
  const parts = await createParts(options, cleanup);
  await startControlPlane(parts);
  await startPublicServer(parts);
  await startAdmin(parts);
  const started = cleanup.move();
  return { ports: parts.ports, close: () => started.disposeAsync() };
}

async function createParts(
  options: ControllerOptions,
  cleanup: AsyncDisposableStack,
): Promise<ControllerParts> {
  const { config, log, now } = options;
  const startedAtMs = now();
  const authority = await loadAuthority(config.identityDir, now);
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
    socketPath: config.platform.runtimeSocket,
    onWatchError: (error) => log.warn({ error }, 'the runtime is away; its last state is kept'),
  });
  cleanup.defer(() => platform.close());
  const registry = createRegistry(platform);
  const controller = {
    kind: 'deployment',
    namespace: config.controlPlaneNamespace,
    name: 'controller',
  } as const;
  const onFault = (error: unknown): void =>
    log.error({ error }, 'a change of the platform could not be put on record');
  cleanup.defer(recordPlatformChanges({ platform, changes, controller, startedAtMs, onFault }));
  const ports = {};
  return {
    ...options,
    registry,
    platform,
    profiles,
    changes,
    authority,
    startedAtMs,
    cleanup,
    ports,
  };
}

function createRegistry(platform: Platform): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const connected = new Gauge({
    name: 'platform_connected',
    help: '1 while the platform that runs the workloads answers.',
    registers: [],
    collect() {
      this.set(platform.connected() ? 1 : 0);
    },
  });
  registry.registerMetric(connected);
  return registry;
}

async function startControlPlane(parts: ControllerParts): Promise<void> {
  const { config, registry, platform, profiles, cleanup, ports } = parts;
  const { roles, listen, clusterDomain, controlPlaneNamespace } = config;
  if (roles.has('destination')) {
    const discovery = createDiscovery({ platform, profiles, clusterDomain, controlPlaneNamespace });
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
        authority: parts.authority,
        names: config,
        reviewToken: (token, audience) => platform.reviewToken(token, audience),
        onOutcome: onCertify(parts),
      }),
    );
    cleanup.defer(() => server.close());
    ports.identity = server.port;
  }
  if (roles.has('policy')) {
    const server = await startGrpcServer(listen.policy, 'TULLE_POLICY_ADDR', policyRoutes);
    cleanup.defer(() => server.close());
    ports.policy = server.port;
  }
}

function onCertify({ log, registry, authority }: ControllerParts): (o: CertifyOutcome) => void {
  const count = createIdentityMetrics(registry, authority);
  return (outcome) => {
    count(outcome);
    const { identity } = outcome;
    if (outcome.kind === 'refused') {
      log.warn({ identity, reason: outcome.reason }, 'a certificate was refused');
      return;
    }
    const validUntil = new Date(outcome.validUntilMs).toISOString();
    log.info({ identity, pod: outcome.pod, validUntil }, 'a certificate was issued');
  };
}

async function startPublicServer(parts: ControllerParts): Promise<void> {
  const { config, log, platform, profiles, changes, cleanup, ports } = parts;
  const live = await startObservation(parts);
  if (!config.roles.has('web') || live === null) return;
  const version: VersionView = {
    version: parts.version,
    platform: config.platform.kind,
    startedAtMs: parts.startedAtMs,
    trustDomain: config.trustDomain,
  };
  const door = createChangeDoor({ platform, profiles, changes });
  const routes = createApiRoutes({ platform, profiles, changes, door, views: live.views, version });
  const router = createRouter(API_PREFIX, routes, (error: TulleError) =>
    log.error({ error, stack: stackOf(error) }, 'a request failed because of a bug'),
  );
  const server = await startWebServer({
    listen: config.listen.web,
    dashboardUpstream: config.dashboardUpstream,
    allowedHosts: config.allowedHosts,
    handleApi: (request, response) => router.handle(request, response),
    handleUpgrade: (request, socket, head) => live.handleUpgrade(request, socket, head),
  });
  cleanup.defer(() => server.close());
  ports.web = server.port;
}

async function startAdmin({
  config,
  registry,
  platform,
  cleanup,
  ports,
}: ControllerParts): Promise<void> {
  const server = await startAdminServer({
    listen: config.listen.admin,
    registry,
    waitingFor: () =>
      platform.state().revision > 0 ? null : 'waiting for the first state of the platform',
  });
  cleanup.defer(() => server.close());
  ports.admin = server.port;
}

function stackOf(error: TulleError): string | undefined {
  return error.cause instanceof Error ? error.cause.stack : error.stack;
}
