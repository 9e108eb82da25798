import type { ChangeLog } from '../changes/change-log.ts';
import type { MetricsSource } from '../metrics/metrics-source.ts';
import type { Platform } from '../platform/platform.ts';
import type { ProfileStore } from '../profiles/profile-store.ts';
import type { PlainCallers } from './plain-callers.ts';
import type { PathSampler } from '../tap/index.ts';

/** Everything views are computed from; all of it answers from memory. */
export interface ViewDeps {
  readonly platform: Platform;
  readonly metrics: MetricsSource;
  readonly profiles: ProfileStore;
  readonly changes: ChangeLog;
  readonly traffic: Pick<PathSampler, 'seen'>;
  readonly plainCallers: PlainCallers;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
