import { createLive, type Live } from './live/create-live.ts';
import { registerObservation } from './live/observation-metrics.ts';
import { tapStream } from './live/tap-stream.ts';
import { createEmbeddedMetrics } from './metrics/index.ts';
import {
  createConnectObserve,
  createPathSampler,
  createPeerNames,
  createTapHub,
} from './tap/index.ts';
import type { ControllerParts } from './controller-parts.ts';

/** Starts scraping, tap and the views, as the roles say. Null when this process serves no metrics. */
export async function startObservation(parts: ControllerParts): Promise<Live | null> {
  const { config, log, registry, platform, profiles, changes, cleanup, now } = parts;
  if (!config.roles.has('metrics')) return null;
  const state = () => platform.state();
  const onStateChange = (listener: () => void) => platform.onChange(listener);
  const metrics = createEmbeddedMetrics({
    state,
    dir: config.stateDir,
    intervalMs: config.metrics.scrapeIntervalMs,
    windowSeconds: config.metrics.windowSeconds,
    registry,
    log,
  });
  cleanup.defer(() => metrics.close());
  const hub = createTapHub({
    state,
    onStateChange,
    connect: createConnectObserve(parts.credentials),
    names: createPeerNames({
      state,
      sources: (addresses) => platform.sources(addresses),
      now,
    }),
    now,
  });
  const traffic = createPathSampler({ hub, state, onStateChange, now });
  cleanup.defer(() => traffic.close());
  const live = createLive({
    platform,
    metrics,
    profiles,
    changes,
    traffic,
    openTap: (params) => tapStream(hub, params),
    version: parts.version,
    now,
  });
  cleanup.defer(() => live.close());
  registerObservation(registry, {
    live: () => live.stats(),
    tap: () => hub.stats(),
    sampler: traffic,
  });
  return live;
}
