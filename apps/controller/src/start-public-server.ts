import { API_PREFIX, type TulleError, type VersionView } from '@tulle/model';
import { createApiRoutes } from './api/api-routes.ts';
import { createRouter } from './api/router.ts';
import { createChangeDoor } from './changes/change-door.ts';
import type { ControllerParts } from './controller-parts.ts';
import { startObservation } from './start-observation.ts';
import type { Access } from './web/access.ts';
import { startWebServer } from './web/web-server.ts';

/**
 * Starts the page, the REST API and the live WebSocket, as the roles say.
 * @throws TulleError `unavailable` for a taken port.
 */
export async function startPublicServer(parts: ControllerParts, access: Access): Promise<void> {
  const { config, log, platform, profiles, changes, cleanup, ports } = parts;
  const live = await startObservation(parts, access);
  if (!config.roles.has('web') || live === null) return;
  const version: VersionView = {
    version: parts.version,
    platform: config.platform.kind,
    startedAtMs: parts.startedAtMs,
    trustDomain: config.trustDomain,
  };
  const door = createChangeDoor({ platform, profiles, changes });
  const { views } = live;
  const routes = createApiRoutes({ platform, profiles, changes, door, views, version, ...access });
  const router = createRouter(API_PREFIX, routes, (error: TulleError) =>
    log.error({ error, stack: stackOf(error) }, 'a request failed because of a bug'),
  );
  const server = await startWebServer({
    listen: config.listen.web,
    dashboardUpstream: config.dashboardUpstream,
    allowedHosts: config.allowedHosts,
    whoAsks: access.whoAsks,
    handleApi: (request, response, person) => router.handle(request, response, person),
    handleUpgrade: (request, socket, head, person) =>
      live.handleUpgrade(request, socket, head, person),
  });
  cleanup.defer(() => server.close());
  ports.web = server.port;
}

function stackOf(error: TulleError): string | undefined {
  return error.cause instanceof Error ? error.cause.stack : error.stack;
}
