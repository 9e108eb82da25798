import type { LogFormat, LogLevel } from '@tulle/telemetry';

/** What one controller process can be; all on a laptop, one Deployment per role in a cluster. */
export const ROLES = ['destination', 'identity', 'policy', 'tap', 'metrics', 'web'] as const;
export type Role = (typeof ROLES)[number];

/** Where to listen, or whom to dial. A listening port of 0 takes a free one. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** Everything the environment and the flags say, read once. */
export interface ControllerConfig {
  readonly roles: ReadonlySet<Role>;
  readonly platform: { readonly kind: 'local'; readonly runtimeSocket: string };
  /** Profiles, audit log, metrics history. */
  readonly stateDir: string;
  /** `ca.crt`, `issuer.crt`, `issuer.key`. */
  readonly identityDir: string;
  readonly listen: {
    readonly destination: SocketAddress;
    readonly identity: SocketAddress;
    readonly policy: SocketAddress;
    readonly admin: SocketAddress;
    readonly web: SocketAddress;
  };
  /** The dashboard's own server; null where none is run. */
  readonly dashboardUpstream: SocketAddress | null;
  /** Host names the public server answers to beside localhost. */
  readonly allowedHosts: readonly string[];
  readonly trustDomain: string;
  readonly controlPlaneNamespace: string;
  readonly clusterDomain: string;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  readonly metrics: { readonly scrapeIntervalMs: number; readonly windowSeconds: number };
}
