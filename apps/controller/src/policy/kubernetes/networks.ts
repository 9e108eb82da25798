import { create } from '@bufbuild/protobuf';
import { inbound, toIpAddress } from '@tulle/proxy-api';
import type { NetworkMatch } from './kept-policies.ts';

/** Every IPv4 and IPv6 address. */
export const ALL_NETWORKS: readonly NetworkMatch[] = [
  { cidr: '0.0.0.0/0', except: [] },
  { cidr: '::/0', except: [] },
];

/** Networks that can be read; one whose exception cannot be is left out whole, rather than let too many in. */
export function toNetworks(matches: readonly NetworkMatch[]): inbound.Network[] {
  return matches.flatMap(({ cidr, except }) => {
    const net = toNetwork(cidr);
    const without = except.map(toNetwork);
    if (net === null || without.includes(null)) return [];
    return [
      create(inbound.NetworkSchema, { net, except: without.filter((each) => each !== null) }),
    ];
  });
}

function toNetwork(cidr: string) {
  const [address = '', length] = cidr.split('/');
  const ip = toIpAddress(address);
  if (ip === null) return null;
  const most = ip.ip.case === 'ipv4' ? 32 : 128;
  const prefixLen = length === undefined ? most : Number(length);
  if (!Number.isInteger(prefixLen) || prefixLen < 0 || prefixLen > most) return null;
  return { ip, prefixLen };
}
