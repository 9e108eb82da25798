import type { V1EndpointSlice, V1Namespace, V1Service } from '@kubernetes/client-node';
import { INJECT, noteOf, OPAQUE_PORTS } from './annotations.ts';
import type { KeptNamespace, KeptService, KeptSlice } from './kept-objects.ts';
import type { Plain } from './plain.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';

export function keepNamespace({ metadata }: Plain<V1Namespace>): KeptNamespace {
  return {
    name: metadata?.name ?? '',
    inject: noteOf(metadata?.annotations, INJECT),
    opaquePorts: noteOf(metadata?.annotations, OPAQUE_PORTS),
  };
}

export function keepService({ metadata, spec }: Plain<V1Service>): KeptService {
  const ips = (spec?.clusterIPs ?? [spec?.clusterIP]).filter(
    (ip): ip is string => ip !== undefined && ip !== '' && ip !== 'None',
  );
  return {
    ref: { kind: 'service', namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' },
    kind: kindOf(spec?.type, ips),
    clusterIps: ips,
    family: spec?.ipFamilies?.[0] ?? 'IPv4',
    ports: (spec?.ports ?? [])
      .filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP')
      .map(({ name, port, targetPort }) => ({
        name: name ?? '',
        port,
        targetPort: targetPort ?? port,
      })),
    opaquePorts: noteOf(metadata?.annotations, OPAQUE_PORTS),
    isLocalTraffic: spec?.internalTrafficPolicy === 'Local',
  };
}

/** Null for a slice that belongs to no service. */
export function keepSlice(slice: Plain<V1EndpointSlice>): KeptSlice | null {
  const { metadata, addressType, ports, endpoints } = slice;
  const service = noteOf(metadata?.labels, SERVICE_NAME);
  if (service === null) return null;
  return {
    namespace: metadata?.namespace ?? '',
    service,
    family: addressType,
    ports: (ports ?? [])
      .filter(({ port, protocol }) => port !== undefined && (protocol ?? 'TCP') === 'TCP')
      .map(({ name, port }) => ({ name: name ?? '', port: port ?? 0 })),
    // Since 1.32 an empty list may come as null.
    endpoints: ((endpoints as typeof endpoints | null) ?? []).map((endpoint) => ({
      addresses: endpoint.addresses,
      // Unset means unknown, which is to be taken as ready (discovery/v1).
      ready: endpoint.conditions?.ready ?? true,
      pod: endpoint.targetRef?.kind === 'Pod' ? (endpoint.targetRef.name ?? null) : null,
      hostname: endpoint.hostname ?? null,
      node: endpoint.nodeName ?? null,
      zone: endpoint.zone ?? null,
    })),
  };
}

function kindOf(type: string | undefined, ips: readonly string[]): KeptService['kind'] {
  if (type === 'ExternalName') return 'external-name';
  return ips.length === 0 ? 'headless' : 'cluster-ip';
}
