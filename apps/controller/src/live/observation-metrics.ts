import type { LiveStats } from '@tulle/live/server';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { PathSampler, TapHubStats } from '../tap/index.ts';

interface Observed {
  readonly live: () => LiveStats;
  readonly tap: () => TapHubStats;
  readonly sampler: Pick<PathSampler, 'refused'>;
}

/** Puts what viewers and taps hold, and what they lost, among the controller's own metrics. */
export function registerObservation(registry: Registry, { live, tap, sampler }: Observed): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    void new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  const counter = (name: string, help: string, read: () => number): void => {
    void new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  gauge('tulle_live_connections', 'Viewers connected.', () => live().connections);
  gauge('tulle_live_subscriptions', 'Subscriptions of all viewers.', () => live().subscriptions);
  gauge('tulle_live_channels', 'Different things watched.', () => live().channels);
  counter('tulle_live_patches_total', 'Patches sent.', () => live().patches);
  counter('tulle_live_snapshots_total', 'Snapshots sent.', () => live().snapshots);
  counter('tulle_live_rows_total', 'Rows of streams sent.', () => live().rows);
  counter('tulle_live_patches_skipped_total', 'Patches a slow viewer was spared.', () => {
    return live().patchesSkipped;
  });
  counter('tulle_live_rows_dropped_total', 'Rows a slow viewer lost.', () => live().rowsDropped);
  counter('tulle_live_refused_total', 'Viewers refused over the limit.', () => live().refused);
  gauge('tulle_tap_sessions', 'Taps under way, the path samplers among them.', () => tap().taps);
  gauge('tulle_tap_proxies', 'Proxies tapped, once per tap.', () => tap().proxiesTapped);
  counter('tulle_tap_exchanges_total', 'Exchanges tapped.', () => tap().exchanges);
  counter('tulle_tap_dropped_total', 'Exchanges lost to the rate or to limits.', () => {
    return tap().dropped;
  });
  counter('tulle_tap_sample_refused_total', 'Sampled requests of too many kinds.', () => {
    return sampler.refused;
  });
}
