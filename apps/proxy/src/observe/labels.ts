/** Linkerd's metric labels, made once per endpoint, peer or target. */
import { formatHostPort } from '@tulle/proxy-api';
import type { Labels } from '@tulle/telemetry';
import type { Address } from '../stack/connection.ts';
import type { EndpointTls } from '../stack/endpoint.ts';
import type { PeerTls } from '../stack/http-service.ts';

export type Direction = 'inbound' | 'outbound';

/** `target_addr`, `target_ip`, `target_port`. */
export function targetLabels(target: Address): Labels {
  return {
    target_addr: formatHostPort(target.host, target.port),
    target_ip: target.host,
    target_port: String(target.port),
  };
}

/** How an accepted connection is secured. */
export function serverTlsLabels(tls: PeerTls): Labels {
  if (tls.kind === 'none') return { tls: 'no_identity', no_tls_reason: tls.reason };
  return tls.clientId === null ? { tls: 'true' } : { tls: 'true', client_id: tls.clientId };
}

/** How a connection to an endpoint is secured. */
export function clientTlsLabels(tls: EndpointTls): Labels {
  if (tls.kind === 'none') return { tls: 'no_identity', no_tls_reason: tls.reason };
  return { tls: 'true', server_id: tls.identity };
}

/** `route_*` of a port without routes of its own. */
export const DEFAULT_ROUTE_LABELS: Labels = {
  route_group: '',
  route_kind: 'default',
  route_name: 'default',
};

/** Labels with a prefix before each name: `dst_` for an endpoint's, `rt_` for a route's. */
export function prefixed(prefix: string, labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [prefix + name, value]));
}
