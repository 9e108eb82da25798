import type { LogFormat, LogLevel } from '@tulle/telemetry';

/** What one controller process can be; all of {@link LOCAL_ROLES} on a laptop, one Deployment per few roles in a cluster. */
export const ROLES = [
  'destination',
  'identity',
  'policy',
  'tap',
  'metrics',
  'web',
  'injector',
  'validator',
] as const;
export type Role = (typeof ROLES)[number];

/** Roles a laptop has; the others answer questions that only a Kubernetes API server asks. */
export const LOCAL_ROLES: readonly Role[] = [
  'destination',
  'identity',
  'policy',
  'tap',
  'metrics',
  'web',
];

/** Where to listen, or whom to dial. A listening port of 0 takes a free one. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** What runs the workloads. */
export type PlatformConfig =
  | { readonly kind: 'local'; readonly runtimeSocket: string }
  | {
      readonly kind: 'kubernetes';
      /** This process's own pod, from the downward API. */
      readonly pod: PodConfig;
      /** How this process gets its certificate, as any proxy does. */
      readonly mesh: MeshConfig;
    };

export interface PodConfig {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

export interface MeshConfig {
  /** PEM bundle of the trust anchors: the ConfigMap `tulle-identity-trust-roots`, mounted. */
  readonly trustAnchorsFile: string;
  /** Projected service-account token for the audience `identity.l5d.io`. */
  readonly tokenFile: string;
  /** Where the identity role listens. */
  readonly identity: SocketAddress;
}

/** Somebody's own Prometheus, or the bundled one. */
export interface PrometheusConfig {
  readonly url: string;
  /** JSON object of header names to values; null where none is needed. */
  readonly headersFile: string | null;
  /** Folder with `username` and `password`; null where none is needed. */
  readonly basicAuthDir: string | null;
}

/** Who may read without credentials: nobody, who comes from this pod itself (a port-forward does), everybody. */
export type AnonymousMode = 'none' | 'local' | 'read';

/** An authenticating proxy in front of the dashboard, and the only addresses it is believed from. */
export interface AuthProxyConfig {
  /** Lower case. */
  readonly userHeader: string;
  /** Lower case; its value is a comma list. Null: the proxy tells no groups. */
  readonly groupsHeader: string | null;
  readonly cidrs: readonly string[];
}

/** Everything the environment and the flags say, read once. */
export interface ControllerConfig {
  readonly roles: ReadonlySet<Role>;
  readonly platform: PlatformConfig;
  /** Profiles, audit log, metrics history on a laptop; the live layer of metrics in a cluster. */
  readonly stateDir: string;
  /** Laptop: `ca.crt`, `issuer.crt`, `issuer.key`. Cluster, identity role: the issuer Secret's `tls.crt`, `tls.key`. */
  readonly identityDir: string;
  readonly listen: {
    readonly destination: SocketAddress;
    readonly identity: SocketAddress;
    readonly policy: SocketAddress;
    readonly admin: SocketAddress;
    readonly web: SocketAddress;
    readonly injector: SocketAddress;
    readonly validator: SocketAddress;
    readonly tap: SocketAddress;
  };
  /** The dashboard's own server; null where none is run. */
  readonly dashboardUpstream: SocketAddress | null;
  /** Host names the public server answers to beside localhost. */
  readonly allowedHosts: readonly string[];
  readonly trustDomain: string;
  /** How long the certificates of proxies last. */
  readonly issuanceLifetimeMs: number;
  readonly controlPlaneNamespace: string;
  readonly clusterDomain: string;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  readonly metrics: { readonly scrapeIntervalMs: number; readonly windowSeconds: number };
  /** What the policy role cannot read from the cluster's objects. */
  readonly policy: {
    /** Of pods and namespaces whose annotation says nothing: `all-unauthenticated`, `deny`, … */
    readonly defaultInboundPolicy: string;
    /** What `cluster-…` policies take for the cluster: CIDRs. */
    readonly clusterNetworks: readonly string[];
  };
  /** Where golden metrics come from; null: the embedded store. */
  readonly prometheus: PrometheusConfig | null;
  /** Who may ask the dashboard of a cluster. */
  readonly access: {
    readonly anonymous: AnonymousMode;
    readonly authProxy: AuthProxyConfig | null;
  };
  /** Folder with `tls.crt` and `tls.key` of the HTTPS roles (injector, validator, tap); empty where there is none. */
  readonly webhookTlsDir: string;
  /** The injector's configuration, mounted from the ConfigMap `tulle-config`; empty where there is none. */
  readonly injectConfigFile: string;
}
