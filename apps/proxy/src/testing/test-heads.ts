import type { Peer, RequestHead, ResponseHead } from '../stack/http-service.ts';

/** A request's head as a codec would give it. */
export function requestHead(
  parts: Partial<Pick<RequestHead, 'method' | 'authority' | 'path' | 'isGrpc'>> = {},
  fields: readonly (readonly [string, string])[] = [],
): RequestHead {
  const { method = 'GET', authority = 'web', path = '/', isGrpc = false } = parts;
  const all: (readonly [string, string])[] = [
    [':method', method],
    [':scheme', 'http'],
    [':authority', authority],
    [':path', path],
    ...fields,
  ];
  return {
    method,
    scheme: 'http',
    authority,
    path,
    isGrpc,
    header: (name) => fields.find(([field]) => field === name)?.[1],
    fields: () => all,
    keepFields: () => () => all,
  };
}

export function responseHead(
  status: number,
  fields: readonly (readonly [string, string])[] = [],
): ResponseHead {
  return {
    status,
    header: (name) => fields.find(([field]) => field === name)?.[1],
    fields: () => [[':status', String(status)], ...fields],
    keepFields: () => () => [[':status', String(status)], ...fields],
  };
}

export const PLAIN_PEER: Peer = {
  address: '127.0.0.1',
  port: 50_000,
  tls: { kind: 'none', reason: 'no_tls_from_remote' },
};

export function meshedPeer(clientId: string): Peer {
  return { address: '127.0.0.1', port: 50_001, tls: { kind: 'mutual', clientId } };
}
