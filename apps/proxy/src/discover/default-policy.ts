import { isLoopback, type IpNetworks } from '../config/ip-networks.ts';
import type { DefaultPolicy } from '../config/proxy-config.ts';
import type { Peer } from '../stack/http-service.ts';

/** Whether a client may use this workload's ports, by the default policy. */
export type PeerTest = (peer: Peer) => boolean;

/**
 * @param trustsLoopback the workload may always call itself (linkerd2-proxy adds this to every policy). False where every
 * client comes from loopback, as on a laptop: there it would let everybody in.
 */
export function compileDefaultPolicy(
  policy: DefaultPolicy,
  clusterNetworks: IpNetworks,
  trustsLoopback: boolean,
): PeerTest {
  const test = testOf(policy, clusterNetworks);
  if (!trustsLoopback) return test;
  return (peer) => isLoopback(peer.address) || test(peer);
}

function testOf(policy: DefaultPolicy, clusterNetworks: IpNetworks): PeerTest {
  switch (policy) {
    case 'deny':
      return () => false;
    case 'all-authenticated':
      return isAuthenticated;
    case 'cluster-authenticated':
      return (peer) => isAuthenticated(peer) && clusterNetworks.contains(peer.address);
    case 'cluster-unauthenticated':
      return (peer) => clusterNetworks.contains(peer.address);
    // Audit lets everything in: what it would refuse is told by its own metrics, which wait for policies to exist.
    default:
      return () => true;
  }
}

function isAuthenticated(peer: Peer): boolean {
  return peer.tls.kind === 'mutual' && peer.tls.clientId !== null;
}
