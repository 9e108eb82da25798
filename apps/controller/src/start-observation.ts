import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TulleError } from '@tulle/model';
import type { Views } from './live/views.ts';
import { createEmbeddedMetrics } from './metrics/index.ts';
import type { ControllerParts } from './controller-parts.ts';

/** What viewers are given: the views for the REST API, and the live WebSocket. */
export interface Observation {
  readonly views: Views;
  /** Takes over the socket of an upgrade at `/live`. Host and Origin are already checked. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Starts scraping, tap and the views, as the roles say. Null when this process serves none of them. */
export async function startObservation(parts: ControllerParts): Promise<Observation | null> {
  const { config, log, registry, platform, cleanup } = parts;
  if (!config.roles.has('metrics')) return null;
  const metrics = createEmbeddedMetrics({
    state: () => platform.state(),
    dir: config.stateDir,
    intervalMs: config.metrics.scrapeIntervalMs,
    windowSeconds: config.metrics.windowSeconds,
    registry,
    log,
  });
  cleanup.defer(() => metrics.close());
  const missing = (): never => {
    throw new TulleError('unavailable', 'This controller has no live views yet.');
  };
  return {
    views: {
      overview: missing,
      workload: () => null,
      rollout: missing,
      routes: missing,
      series: (resource, range, step) => metrics.series(resource, range, step),
    },
    handleUpgrade: (_request, socket) => {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n');
    },
  };
}
