/** Where an accepted connection was meant to go. The one seam between a cluster and a laptop. */
import type { Socket } from 'node:net';
import type { Address } from '../stack/connection.ts';

/** Gives the original destination, or null when the connection has none (it was not redirected). */
export type OriginalDestination = (socket: Socket) => Address | null;

const SOL_IP = 0;
const SOL_IPV6 = 41;
/** SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST (linux/netfilter_ipv4.h, netfilter_ipv6/ip6_tables.h). */
const SO_ORIGINAL_DST = 80;
/** sizeof(struct sockaddr_in6). */
const ADDRESS_BYTES = 28;

type GetSockOpt = (
  fd: number,
  level: number,
  name: number,
  value: Buffer,
  length: [number],
) => number;

/**
 * Asks the kernel what iptables redirected (Linux). Loads koffi, which nobody else needs.
 * @throws Error when koffi or getsockopt cannot be loaded on this platform.
 */
export async function kernelOriginalDestination(): Promise<OriginalDestination> {
  const { default: koffi } = await import('koffi');
  const getsockopt = koffi
    .load(null)
    .func(
      'int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)',
    ) as unknown as GetSockOpt;
  return (socket) => {
    const fd = fileDescriptorOf(socket);
    if (fd === null) return null;
    const isV6 = socket.localAddress?.includes(':') === true && !isMapped(socket.localAddress);
    const bytes = Buffer.alloc(ADDRESS_BYTES);
    const level = isV6 ? SOL_IPV6 : SOL_IP;
    const result = getsockopt(fd, level, SO_ORIGINAL_DST, bytes, [ADDRESS_BYTES]);
    return result === 0 ? parseSockaddr(bytes, isV6) : null;
  };
}

/** A `struct sockaddr_in` or `sockaddr_in6` as an address. */
export function parseSockaddr(bytes: Buffer, isV6: boolean): Address {
  const port = bytes.readUInt16BE(2);
  if (!isV6) return { host: bytes.subarray(4, 8).join('.'), port };
  const groups: string[] = [];
  for (let at = 8; at < 24; at += 2) groups.push(bytes.readUInt16BE(at).toString(16));
  return { host: new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1), port };
}

function isMapped(address: string): boolean {
  return address.startsWith('::ffff:');
}

/** Node has no public name for it. */
function fileDescriptorOf(socket: Socket): number | null {
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } | null };
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : null;
}
