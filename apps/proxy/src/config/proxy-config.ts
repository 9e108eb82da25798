import type { Address } from '../stack/connection.ts';
import type { LogFormat, LogLevel } from '@tulle/telemetry';
import type { IpNetworks } from './ip-networks.ts';

/** Everything the environment says, parsed. Times in milliseconds. Names and defaults are linkerd2-proxy's (app/src/env.rs). */
export interface ProxyConfig {
  readonly inbound: InboundConfig;
  readonly outbound: OutboundConfig;
  readonly admin: AdminConfig;
  /** Null: no tap server. */
  readonly tap: TapConfig | null;
  readonly identity: IdentityConfig;
  readonly destination: DestinationConfig;
  readonly policy: PolicyConfig;
  /** Variables that are set and have no effect. */
  readonly unused: readonly string[];
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  /** A metrics series nobody touched this long is dropped. */
  readonly metricsRetainIdleMs: number;
  /** After SIGTERM connections may finish this long. */
  readonly shutdownGraceMs: number;
}

/** How connections come in and where their original destination is known from. */
export type ListenConfig =
  /** The kernel redirected them (iptables): SO_ORIGINAL_DST. */
  | { readonly kind: 'kernel'; readonly addresses: readonly Address[] }
  /** A connection accepted on `listen` was meant for `original` (no root needed: a laptop). */
  | { readonly kind: 'table'; readonly pairs: readonly ListenPair[] };
export interface ListenPair {
  readonly listen: Address;
  readonly original: Address;
}

interface DirectionConfig {
  readonly listen: ListenConfig;
  /** Null: the operating system's. */
  readonly backlog: number | null;
  readonly detectTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly connectBackoff: Backoff;
  readonly acceptKeepaliveMs: number | null;
  readonly connectKeepaliveMs: number | null;
  readonly queue: QueueConfig;
  /** Requests under way at once; past it load is shed. */
  readonly maxInFlight: number;
  readonly maxIdlePerEndpoint: number;
  readonly poolIdleTimeoutMs: number;
  /** What is known about a destination is kept this long after its last use. */
  readonly discoveryIdleTimeoutMs: number;
}

export interface InboundConfig extends DirectionConfig {
  readonly defaultPolicy: DefaultPolicy;
  /** No protocol detection on these ports. */
  readonly opaquePorts: ReadonlySet<number>;
  /** By the default policy these take clients with an identity alone, whatever it says. */
  readonly identityPorts: ReadonlySet<number>;
  /** Paths that the kubelet asks, by port: under the default policy everybody may. */
  readonly probes: ReadonlyMap<number, ReadonlySet<string>>;
  /** The only addresses this workload answers for. Empty: any. */
  readonly ips: ReadonlySet<string>;
  /** For the `cluster-*` policies. */
  readonly clusterNetworks: IpNetworks;
  /** Their policies are asked for at the start and kept; those of other ports when they are first used. */
  readonly ports: ReadonlySet<number>;
  /** Null: no access log. */
  readonly accessLog: AccessLogFormat | null;
}
export type AccessLogFormat = 'apache' | 'json';
export interface OutboundConfig extends DirectionConfig {
  /** The application is an ingress controller: requests say by `l5d-dst-override` which service they are for. */
  readonly isIngress: boolean;
  /** Answers of the proxy itself say so, and why, in `l5d-proxy-error`. */
  readonly tellsClients: boolean;
}

export type DefaultPolicy =
  | 'deny'
  | 'all-authenticated'
  | 'all-unauthenticated'
  | 'cluster-authenticated'
  | 'cluster-unauthenticated'
  | 'audit';

export interface QueueConfig {
  readonly capacity: number;
  /** How long a request waits for an endpoint to become ready before all waiting ones fail. */
  readonly failfastTimeoutMs: number;
}

export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
  /** Share of the base added at random, 0 to 1. */
  readonly jitter: number;
}

export interface AdminConfig {
  readonly address: Address;
  readonly shutdownEnabled: boolean;
}
export interface TapConfig {
  readonly address: Address;
  /** The one identity that may observe. */
  readonly clientIdentity: string;
}

/** Where a control service answers. `name` null: plaintext on loopback; otherwise mutual TLS to that identity. */
export interface ControlAddress {
  readonly address: Address;
  readonly name: string | null;
}

export interface IdentityConfig {
  readonly service: ControlAddress;
  /** Also the server name (SNI) peers send. */
  readonly localName: string;
  /** Holds `key.p8` and `csr.der`. */
  readonly dir: string;
  readonly tokenFile: string;
  readonly trustAnchorsPem: string;
  readonly minRefreshMs: number;
  readonly maxRefreshMs: number;
}

export interface DestinationConfig {
  readonly service: ControlAddress;
  /** Sent with every question, verbatim. */
  readonly context: string;
  /** Profiles are asked for names under these, without leading or trailing dot. */
  readonly profileSuffixes: readonly string[];
  /** Profiles are asked for addresses in these; empty: none. */
  readonly profileNetworks: IpNetworks;
  /** An inbound request waits this long for its profile, then goes without. */
  readonly profileInitialTimeoutMs: number;
  /** Limits of streams to a service that is not on loopback. */
  readonly streams: StreamLimits;
}
export interface PolicyConfig {
  readonly service: ControlAddress;
  /** Who we are to the policy controller, sent with every question, verbatim. */
  readonly workload: string;
  /** Limits of streams to a service that is not on loopback. */
  readonly streams: StreamLimits;
  /** A question the controller has no answer to is asked again after this long. */
  readonly askRefusedAgainMs: number;
  /** An outbound connection waits this long for the policy of its address, then goes without until it comes. */
  readonly initialTimeoutMs: number;
}
export interface StreamLimits {
  readonly initialTimeoutMs: number | null;
  readonly idleTimeoutMs: number | null;
  readonly lifetimeMs: number | null;
}
