import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TapParams } from '@tulle/live';
import {
  createLiveServer,
  type LiveStats,
  type LiveViewer,
  type StreamSource,
} from '@tulle/live/server';
import type { TapExchange } from '@tulle/model';
import type { ChangeLog } from '../changes/change-log.ts';
import type { MetricsSource } from '../metrics/metrics-source.ts';
import type { Platform } from '../platform/platform.ts';
import type { ProfileStore } from '../profiles/profile-store.ts';
import type { PathSampler } from '../tap/index.ts';
import { mapView } from './map-view.ts';
import { overviewView } from './overview-view.ts';
import { watchPlainCallers } from './plain-callers.ts';
import { rolloutView } from './rollout-view.ts';
import { routesView } from './routes-view.ts';
import { createTopics } from './topics.ts';
import type { ViewDeps } from './view-deps.ts';
import type { Views } from './views.ts';
import { whyView } from './why-view.ts';
import { workloadView } from './workload-view.ts';

export interface LiveDeps {
  readonly platform: Platform;
  readonly metrics: MetricsSource;
  readonly profiles: ProfileStore;
  readonly changes: ChangeLog;
  readonly traffic: Pick<PathSampler, 'seen'>;
  /** @throws TulleError for an unknown resource or an unreadable filter */
  readonly openTap: (params: TapParams, viewer: LiveViewer) => StreamSource<TapExchange>;
  /** Said in `hello`. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Live {
  readonly views: Views;
  /** Takes over an upgrade at `/live` whose Host and Origin were checked. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, viewer?: LiveViewer): void;
  stats(): LiveStats;
  close(): Promise<void>;
}

/** What viewers see, computed from everything the controller knows and told as it changes. */
export function createLive(deps: LiveDeps): Live {
  const listeners = new Set<() => void>();
  function announce(): void {
    for (const listener of listeners) listener();
  }
  const plainCallers = watchPlainCallers(deps.platform, announce, deps.now);
  const stops = [
    deps.platform.onChange(announce),
    deps.metrics.onUpdate(announce),
    deps.changes.onChange(announce),
    deps.profiles.onChange(announce),
  ];
  const viewDeps: ViewDeps = { ...deps, plainCallers };
  const views: Views = {
    overview: () => overviewView(viewDeps),
    map: () => mapView(viewDeps),
    workload: (ref) => workloadView(viewDeps, ref),
    why: (ref) => whyView(viewDeps, ref),
    rollout: (ref) => rolloutView(viewDeps, ref),
    routes: (ref) => routesView(viewDeps, ref),
    series: (ref, rangeSeconds, stepSeconds) => deps.metrics.series(ref, rangeSeconds, stepSeconds),
  };
  const server = createLiveServer({
    topics: createTopics({
      views,
      viewDeps,
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      openTap: deps.openTap,
    }),
    version: deps.version,
    now: deps.now,
  });
  return {
    views,
    handleUpgrade: (request, socket, head, viewer) =>
      server.handleUpgrade(request, socket, head, viewer),
    stats: () => server.stats(),
    async close() {
      for (const stop of stops) stop();
      plainCallers.close();
      await server.close();
    },
  };
}
