import type { LogFormat, LogLevel } from '@tulle/telemetry';
import type { Address } from '../stack/connection.ts';
import type { PortRange } from './port-ranges.ts';

interface Logged {
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
}

/** Which iptables programs are tried first: `iptables-nft`, `iptables-legacy`, `iptables`. */
export type IptablesMode = 'nft' | 'legacy' | 'plain';

export interface RedirectCommand extends Logged {
  readonly kind: 'redirect';
  readonly inboundPort: number;
  readonly outboundPort: number;
  /** Its connections are the proxy's own. */
  readonly proxyUid: number;
  /** Null: only the user counts. */
  readonly proxyGid: number | null;
  /** Inbound connections to these alone; empty: to every port. */
  readonly redirectPorts: readonly PortRange[];
  readonly skipInbound: readonly PortRange[];
  readonly skipOutbound: readonly PortRange[];
  /** Inbound connections from these are left alone. CIDR. */
  readonly skipSubnets: readonly string[];
  readonly mode: IptablesMode;
  /** Named programs are used as they are, without looking for others. */
  readonly programs: { readonly iptables: string; readonly save: string } | null;
  readonly ipv6: boolean;
  /** Says what would be done and does nothing. */
  readonly simulate: boolean;
  /** A network namespace's file to work in, null for this process's own. */
  readonly netns: string | null;
  /** Seconds; 0 leaves the kernel's. */
  readonly closeWaitSeconds: number;
}

export interface ValidateCommand extends Logged {
  readonly kind: 'validate';
  /** An address where nobody answers unless the pod's own rules send the connection to `listen`. */
  readonly connect: Address;
  readonly listen: Address;
  readonly timeoutMs: number;
}

export interface AwaitCommand extends Logged {
  readonly kind: 'await';
  /** The proxy's admin port on this host. */
  readonly port: number;
  readonly timeoutMs: number;
}

export type InitCommand =
  RedirectCommand | ValidateCommand | AwaitCommand | { readonly kind: 'help' };
