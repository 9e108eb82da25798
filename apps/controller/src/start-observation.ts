import { createLive, type Live } from './live/create-live.ts';
import { registerObservation } from './live/observation-metrics.ts';
import { tapStream } from './live/tap-stream.ts';
import {
  createEmbeddedMetrics,
  createLayeredMetrics,
  createPrometheusMetrics,
  type MetricsSource,
} from './metrics/index.ts';
import {
  createConnectObserve,
  createPathSampler,
  createPeerNames,
  createTapHub,
} from './tap/index.ts';
import type { ControllerParts } from './controller-parts.ts';

/** Starts scraping, tap and the views, as the roles say. Null when this process serves no metrics. */
export async function startObservation(parts: ControllerParts): Promise<Live | null> {
  const { config, registry, platform, profiles, changes, cleanup, now } = parts;
  if (!config.roles.has('metrics')) return null;
  const state = () => platform.state();
  const onStateChange = (listener: () => void) => platform.onChange(listener);
  const metrics = createMetrics(parts);
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

/** Prometheus where there is one, with the fast layer on top; else what this process scrapes itself. */
function createMetrics({ config, log, registry, platform, now }: ControllerParts): MetricsSource {
  const state = () => platform.state();
  const { scrapeIntervalMs: intervalMs, windowSeconds } = config.metrics;
  const common = { windowSeconds, registry, log };
  if (config.prometheus === null) {
    return createEmbeddedMetrics({ ...common, state, dir: config.stateDir, intervalMs });
  }
  return createLayeredMetrics({
    base: createPrometheusMetrics({ ...common, state, access: config.prometheus, now }),
    createLive: (watched) =>
      createEmbeddedMetrics({ ...common, state: watched, dir: null, intervalMs }),
    state,
    now,
  });
}
