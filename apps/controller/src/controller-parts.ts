import type { Logger } from '@tulle/telemetry';
import type { Registry } from 'prom-client';
import type { ChangeLog } from './changes/change-log.ts';
import type { ControllerConfig, MeshConfig, PodConfig, Role } from './config/controller-config.ts';
import type { CredentialsSource } from './identity/credentials-source.ts';
import type { KubernetesClients } from './kubernetes/create-kubernetes-clients.ts';
import type { Platform } from './platform/platform.ts';
import type { ProfileStore } from './profiles/profile-store.ts';

export interface ControllerOptions {
  readonly config: ControllerConfig;
  readonly log: Logger;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What every role has, wherever it runs. */
export interface BaseParts extends ControllerOptions {
  readonly registry: Registry;
  readonly startedAtMs: number;
  /** Whatever is started is closed by it, last first. */
  readonly cleanup: AsyncDisposableStack;
  readonly ports: Partial<Record<Role | 'admin', number>>;
}

/** What the roles that know what runs are built from. */
export interface ControllerParts extends BaseParts {
  readonly platform: Platform;
  readonly profiles: ProfileStore;
  readonly changes: ChangeLog;
  /** This process's own certificate as a client of proxies. */
  readonly credentials: CredentialsSource;
}

/** What the roles of a cluster are built from. */
export interface KubernetesParts extends BaseParts {
  readonly clients: KubernetesClients;
  /** This process's own pod. */
  readonly pod: PodConfig;
  readonly mesh: MeshConfig;
  /** What the role is not ready without: gives the reason as long as it is missing. */
  readonly waitFor: (what: () => string | null) => void;
}
