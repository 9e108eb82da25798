import type { WeightedAddr } from '@tulle/proxy-api';
import { fromTcpAddress } from '@tulle/proxy-api';
import { MetricScope, type Labels } from '@tulle/telemetry';
import { LiveEndpoint } from '../balance/live-endpoint.ts';
import type { LoadOptions } from '../balance/load-penalty.ts';
import { clientTlsLabels, prefixed, targetLabels } from '../observe/labels.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import { RequestMetrics } from '../observe/request-metrics.ts';
import { TransportMetrics, zoneOf } from '../observe/transport-metrics.ts';
import type { Address } from '../stack/connection.ts';
import type { EndpointTls, ProtocolHint, TransportTag } from '../stack/endpoint.ts';

/** What discovery says of one endpoint. */
export interface EndpointDescription {
  readonly address: Address;
  readonly tls: EndpointTls;
  /** `none` where absent. */
  readonly protocolHint?: ProtocolHint;
  /** Null or absent: it is reached by its own port. */
  readonly tag?: TransportTag | null;
  /** Without the `dst_` prefix. */
  readonly labels: Labels;
}

/**
 * Reads one address of an update; null when it holds no valid address. Its own labels win over the set's.
 * @param ownIps addresses of this workload: it needs no proxy to reach itself.
 */
export function describeEndpoint(
  weighted: WeightedAddr,
  setLabels: Labels,
  ownIps: ReadonlySet<string>,
): EndpointDescription | null {
  const address = fromTcpAddress(weighted.addr);
  if (address === null || address.port === 0) return null;
  const labels = { ...setLabels, ...weighted.metricLabels };
  if (ownIps.has(address.host)) return { address, tls: OWN, labels };
  return {
    address,
    tls: tlsOf(weighted),
    protocolHint: hintOf(weighted),
    tag: tagOf(weighted),
    labels,
  };
}

const OWN: EndpointTls = { kind: 'none', reason: 'loopback' };

/** Two descriptions with the same key are the same endpoint: it keeps its connections and its history. */
export function descriptionKey(description: EndpointDescription): string {
  const { address, tls, labels, protocolHint = 'none', tag = null } = description;
  const identity = tls.kind === 'mutual' ? `${tls.identity} ${tls.serverName}` : tls.reason;
  const { host, port } = address;
  return JSON.stringify([host, port, identity, protocolHint, tag?.inboundPort ?? 0, labels]);
}

/** An outbound endpoint. @param authority of the service it belongs to, null where none is known. */
export function makeOutboundEndpoint(
  { address, tls, labels, protocolHint = 'none', tag = null }: EndpointDescription,
  authority: string | null,
  metrics: ProxyMetrics,
  nowMs: number,
  load?: LoadOptions,
): LiveEndpoint {
  const scope = new MetricScope();
  const shared = {
    ...(authority === null ? null : { authority }),
    ...targetLabels(address),
    ...clientTlsLabels(tls),
    ...prefixed('dst_', labels),
  };
  return new LiveEndpoint({
    host: address.host,
    port: address.port,
    tls,
    protocolHint,
    tag,
    labels,
    transport: new TransportMetrics(
      metrics.transport,
      { direction: 'outbound', peer: 'dst', ...shared },
      scope,
      zoneOf(labels),
    ),
    metrics: new RequestMetrics(metrics.http, { direction: 'outbound', ...shared }, scope),
    scope,
    nowMs,
    ...(load && { load }),
  });
}

function hintOf({ protocolHint }: WeightedAddr): ProtocolHint {
  switch (protocolHint?.protocol.case) {
    case 'h2':
      return 'h2';
    case 'opaque':
      return 'opaque';
    default:
      return 'none';
  }
}

function tagOf({ protocolHint }: WeightedAddr): TransportTag | null {
  const inboundPort = protocolHint?.opaqueTransport?.inboundPort ?? 0;
  return inboundPort >= 1 && inboundPort <= 65_535 ? { inboundPort } : null;
}

/** URI identities need a server name; without one the identity is dropped, as linkerd2-proxy does. */
function tlsOf({ tlsIdentity }: WeightedAddr): EndpointTls {
  const none: EndpointTls = { kind: 'none', reason: 'not_provided_by_service_discovery' };
  const serverName = tlsIdentity?.serverName?.name ?? '';
  switch (tlsIdentity?.strategy.case) {
    case 'dnsLikeIdentity': {
      const { name } = tlsIdentity.strategy.value;
      if (name === '') return none;
      return { kind: 'mutual', identity: name, serverName: serverName === '' ? name : serverName };
    }
    case 'uriLikeIdentity': {
      const { uri } = tlsIdentity.strategy.value;
      if (uri === '' || serverName === '') return none;
      return { kind: 'mutual', identity: uri, serverName };
    }
    default:
      return none;
  }
}
