import { networkInterfaces } from 'node:os';
import type { Address } from '../stack/connection.ts';
import type { ListenConfig, ProxyConfig } from './proxy-config.ts';

/** Whether any interface has an IPv6 address; in a pod of an IPv4 cluster, and where the kernel has none, nothing does. */
export function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ family }) => family === 'IPv6'),
  );
}

/**
 * The configuration for a host without IPv6: `[::]` listens on every IPv4 address instead, and other IPv6 addresses are left
 * out, so that a pod's specification need not know which nodes it may run on.
 */
export function withoutIpv6(config: ProxyConfig): ProxyConfig {
  const { inbound, outbound, admin, tap } = config;
  return {
    ...config,
    inbound: { ...inbound, listen: listenOnIpv4(inbound.listen) },
    outbound: { ...outbound, listen: listenOnIpv4(outbound.listen) },
    admin: { ...admin, address: onIpv4(admin.address) },
    tap: tap === null ? null : { ...tap, address: onIpv4(tap.address) },
  };
}

function listenOnIpv4(listen: ListenConfig): ListenConfig {
  if (listen.kind === 'table') return listen;
  const addresses = listen.addresses.map(onIpv4).filter(({ host }) => !host.includes(':'));
  // With none left, listening fails with the address that was asked for.
  return addresses.length === 0 ? listen : { ...listen, addresses };
}

function onIpv4(address: Address): Address {
  return address.host === '::' ? { ...address, host: '0.0.0.0' } : address;
}
