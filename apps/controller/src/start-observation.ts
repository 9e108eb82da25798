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
  type TapHub,
  type TapHubStats,
} from './tap/index.ts';
import type { Access } from './web/access.ts';
import { onBehalfOf, type Person } from './web/person.ts';
import type { ControllerParts } from './controller-parts.ts';

/** A background sample of paths from more proxies than this would be a load of its own on a large mesh. */
const MAX_SAMPLED_PROXIES = 200;
/** What the tap role counts is among its own metrics. */
const NO_TAPS: TapHubStats = { taps: 0, proxiesTapped: 0, exchanges: 0, dropped: 0 };

/** Starts scraping, tap and the views, as the roles say. Null when this process serves no metrics. */
export async function startObservation(
  parts: ControllerParts,
  access: Access,
): Promise<Live | null> {
  const { config, registry, platform, profiles, changes, cleanup, now } = parts;
  if (!config.roles.has('metrics')) return null;
  const state = () => platform.state();
  const onStateChange = (listener: () => void) => platform.onChange(listener);
  const metrics = createMetrics(parts);
  cleanup.defer(() => metrics.close());
  const tapping = createTapping(parts, access);
  const { own: hub, maxProxies } = tapping;
  const traffic = createPathSampler({ hub, state, onStateChange, now, maxProxies });
  cleanup.defer(() => traffic.close());
  const live = createLive({
    platform,
    metrics,
    profiles,
    changes,
    traffic,
    openTap: (params, viewer) => tapStream(tapping.of(viewer as Person), params),
    version: parts.version,
    now,
  });
  cleanup.defer(() => live.close());
  registerObservation(registry, {
    live: () => live.stats(),
    tap: () => tapping.stats(),
    sampler: traffic,
  });
  return live;
}

/** How this process taps: for itself, in the background, and for a person. */
interface Tapping {
  readonly own: Pick<TapHub, 'open'>;
  /** @throws TulleError `permission_denied` for who only reads */
  readonly of: (person: Person) => Pick<TapHub, 'open'>;
  readonly stats: () => TapHubStats;
  /** Sampled in the background at most. */
  readonly maxProxies: number;
}

function createTapping(parts: ControllerParts, { tapAs }: Access): Tapping {
  if (tapAs !== null) {
    return {
      own: tapAs({}),
      of: (person) => tapAs(onBehalfOf(person, 'tap')),
      stats: () => NO_TAPS,
      maxProxies: MAX_SAMPLED_PROXIES,
    };
  }
  const { platform, credentials, now } = parts;
  const state = () => platform.state();
  const sources = (addresses: readonly string[]) => platform.sources(addresses);
  const hub = createTapHub({
    state,
    onStateChange: (listener) => platform.onChange(listener),
    connect: createConnectObserve(credentials),
    names: createPeerNames({ state, sources, now }),
    now,
  });
  return { own: hub, of: () => hub, stats: () => hub.stats(), maxProxies: Infinity };
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
