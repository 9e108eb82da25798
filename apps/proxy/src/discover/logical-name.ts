import { parseHostPort } from '@tulle/proxy-api';
import type { Peer, RequestHead } from '../stack/http-service.ts';

const HTTP_PORT = 80;
/** A DNS name has at most 253 characters (RFC 1035); a longer one is no name. */
const MAX_NAME_CHARS = 253;

/** Answers remembered: a workload is called by few names, over and over. Past it the memory starts anew. */
const MAX_REMEMBERED = 256;

/**
 * Finds the service an inbound request was meant for, `name:port`: what the client's proxy says where the client is meshed,
 * otherwise the authority it used. Null when that is no name under one of `suffixes`.
 */
export function logicalNames(
  suffixes: readonly string[],
): (head: RequestHead, peer: Peer) => string | null {
  const remembered = new Map<string, string | null>();
  return (head, peer) => {
    const isMeshed = peer.tls.kind === 'mutual' && peer.tls.clientId !== null;
    const canonical = isMeshed ? head.header('l5d-dst-canonical') : undefined;
    const authority = canonical ?? head.authority;
    if (authority.length > MAX_NAME_CHARS + ':65535'.length) return null;
    const known = remembered.get(authority);
    if (known !== undefined) return known;
    const name = nameWithin(authority, suffixes)?.authority ?? null;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(authority, name);
    return name;
  };
}

export interface ServiceName {
  readonly host: string;
  readonly port: number;
  /** `name:port`. */
  readonly authority: string;
}

/** The service an authority names, with port 80 where it says none; null when it is none under one of `suffixes`. */
export function nameWithin(authority: string, suffixes: readonly string[]): ServiceName | null {
  if (authority.length > MAX_NAME_CHARS + ':65535'.length) return null;
  const parsed = parseHostPort(authority) ?? { host: authority, port: HTTP_PORT };
  const host = parsed.host.toLowerCase().replace(/\.$/, '');
  if (!/^[a-z0-9_.-]+$/.test(host)) return null;
  if (!suffixes.some((suffix) => host.endsWith(`.${suffix}`))) return null;
  return { host, port: parsed.port, authority: `${host}:${parsed.port}` };
}
