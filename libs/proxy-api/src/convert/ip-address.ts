import { isIP, SocketAddress } from 'node:net';
import type { IPAddress, TcpAddress } from '../gen/net_pb.ts';

const IP_ADDRESS = 'io.linkerd.proxy.net.IPAddress';
const IPV6 = 'io.linkerd.proxy.net.IPv6';
const TCP_ADDRESS = 'io.linkerd.proxy.net.TcpAddress';

/** The message of an IPv4 or IPv6 address (no brackets, no zone). Null when `text` is neither. */
export function toIpAddress(text: string): IPAddress | null {
  const version = isIP(text);
  if (version === 4) {
    return { $typeName: IP_ADDRESS, ip: { case: 'ipv4', value: ipv4Number(text) } };
  }
  if (version === 0 || text.includes('%')) return null;
  const [first, last] = ipv6Halves(text);
  return {
    $typeName: IP_ADDRESS,
    ip: { case: 'ipv6', value: { $typeName: IPV6, first, last } },
  };
}

/** The address as text, IPv6 in its shortest form (RFC 5952). Null when the message holds none. */
export function fromIpAddress(address: IPAddress | undefined): string | null {
  switch (address?.ip.case) {
    case 'ipv4': {
      const value = address.ip.value;
      return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
    }
    case 'ipv6': {
      const groups = [...halfGroups(address.ip.value.first), ...halfGroups(address.ip.value.last)];
      return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
    }
    default:
      return null;
  }
}

/** The message of an IP address and port (0 to 65535). Null when `host` is not an IP address. */
export function toTcpAddress(host: string, port: number): TcpAddress | null {
  const ip = toIpAddress(host);
  return ip === null ? null : { $typeName: TCP_ADDRESS, ip, port };
}

/** Host (no brackets) and port of a message. Null when it holds no address or no valid port. */
export function fromTcpAddress(
  address: TcpAddress | undefined,
): { readonly host: string; readonly port: number } | null {
  const host = fromIpAddress(address?.ip);
  if (address === undefined || host === null || address.port > 65535) return null;
  return { host, port: address.port };
}

/** `10.0.0.1:80`, `[::1]:80`, `name:80`. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Takes `host:port` apart: a name or IPv4 address, or IPv6 in brackets; port 1 to 65535. Null when it is not that. */
export function parseHostPort(
  text: string,
): { readonly host: string; readonly port: number } | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const host = match[1] ?? match[2] ?? '';
  const port = Number(match[3]);
  if (port < 1 || port > 65535) return null;
  if (match[1] !== undefined && isIP(host) !== 6) return null;
  return { host, port };
}

function ipv4Number(text: string): number {
  let value = 0;
  for (const octet of text.split('.')) value = value * 256 + Number(octet);
  return value;
}

function ipv6Halves(text: string): [bigint, bigint] {
  const [head = '', tail] = text.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const gap = Array.from({ length: 8 - before.length - after.length }, () => 0);
  const groups = [...before, ...gap, ...after];
  return [half(groups.slice(0, 4)), half(groups.slice(4))];
}

/** A trailing dotted IPv4 part counts as two groups. */
function groupsOf(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const value = ipv4Number(group);
    return [Math.floor(value / 65536), value % 65536];
  });
}

function half(groups: readonly number[]): bigint {
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

function halfGroups(value: bigint): string[] {
  return [48n, 32n, 16n, 0n].map((shift) => ((value >> shift) & 0xffffn).toString(16));
}
