import { BlockList, isIP } from 'node:net';

/** A set of networks in CIDR notation. */
export interface IpNetworks {
  readonly isEmpty: boolean;
  contains(ip: string): boolean;
}

/** Parses `10.0.0.0/8,fd00::/8`; an address alone is that one address. Calls `fault` with each part it cannot read. */
export function parseIpNetworks(text: string, fault: (message: string) => void): IpNetworks {
  const list = new BlockList();
  for (const part of splitList(text)) {
    const [address = '', prefixText] = part.split('/');
    const version = isIP(address);
    const bits = version === 6 ? 128 : 32;
    const prefix = prefixText === undefined ? bits : Number(prefixText);
    const isValid = /^\d{1,3}$/.test(prefixText ?? '0') && prefix <= bits;
    if (version === 0 || !isValid) fault(`"${part}" is not a network such as 10.0.0.0/8`);
    else list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4');
  }
  return {
    isEmpty: list.rules.length === 0,
    contains: (ip) => list.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4'),
  };
}

/** The parts of a comma list, trimmed, without empty ones. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Whether `host` is `localhost` or a loopback address. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === 'localhost.') return true;
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host.startsWith('::ffff:127.');
}
