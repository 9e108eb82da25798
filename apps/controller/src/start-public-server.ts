import { API_PREFIX, type TulleError, type VersionView } from '@tulle/model';
import { createApiRoutes } from './api/api-routes.ts';
import { createRouter } from './api/router.ts';
import { createChangeDoor } from './changes/change-door.ts';
import type { ControllerParts } from './controller-parts.ts';
import { startObservation } from './start-observation.ts';
import { startWebServer } from './web/web-server.ts';

/** Starts observing, and the public port where the roles say so. */
export async function startPublicServer(parts: ControllerParts): Promise<void> {
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

function stackOf(error: TulleError): string | undefined {
  return error.cause instanceof Error ? error.cause.stack : error.stack;
}
