import type { Authority } from '@tulle/pki';
import type { Logger } from '@tulle/telemetry';
import type { Registry } from 'prom-client';
import type { ChangeLog } from './changes/change-log.ts';
import type { ControllerConfig, Role } from './config/controller-config.ts';
import type { Platform } from './platform/platform.ts';
import type { ProfileStore } from './profiles/profile-store.ts';

export interface ControllerOptions {
  readonly config: ControllerConfig;
  readonly log: Logger;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What the parts are built from. */
export interface ControllerParts extends ControllerOptions {
  readonly registry: Registry;
  readonly platform: Platform;
  readonly profiles: ProfileStore;
  readonly changes: ChangeLog;
  readonly authority: Authority;
  readonly startedAtMs: number;
  /** Whatever is started is closed by it, last first. */
  readonly cleanup: AsyncDisposableStack;
  readonly ports: Partial<Record<Role | 'admin', number>>;
}
