/** Destinations that no honest connection has once it was redirected (linkerd2-proxy refuses the same). */
import { isLoopback } from '../config/ip-networks.ts';
import type { InboundConfig, OutboundConfig } from '../config/proxy-config.ts';
import type { Address } from '../stack/connection.ts';

type Refuses = (original: Address) => string | null;

/** Inbound: addresses that are not this workload's, for which the proxy would be a relay. */
export function refusesInbound({ ips }: Pick<InboundConfig, 'ips'>): Refuses {
  if (ips.size === 0) return () => null;
  return ({ host }) => (ips.has(host) ? null : 'it is for an address of somebody else');
}

/**
 * Outbound: loopback, which is never redirected. Whoever dials the proxy's own port is told so by the kernel as original
 * destination, and the proxy would dial itself without end. A laptop's table leads to loopback on purpose.
 */
export function refusesOutbound({ listen }: Pick<OutboundConfig, 'listen'>): Refuses {
  if (listen.kind === 'table') return () => null;
  return ({ host }) => (isLoopback(host) ? 'it is for loopback, which is not redirected' : null);
}
