import { create } from '@bufbuild/protobuf';
import type { InstanceEndpoint, InstanceState, ServiceState } from '@tulle/model';
import {
  parseHostPort,
  TlsIdentitySchema,
  toTcpAddress,
  WeightedAddrSchema,
  type WeightedAddr,
} from '@tulle/proxy-api';
import type { DiscoveryIndex } from './discovery-index.ts';

/** Every endpoint counts the same. Source: linkerd2 endpoint_translator.go defaultWeight. */
const WEIGHT = 10_000;

/** One endpoint as a proxy is told of it. */
export interface ServiceEndpoint {
  /** `ip:port` to dial. */
  readonly address: string;
  /** Null where it takes no mutual TLS. */
  readonly identity: string | null;
  /** How two proxies speak on the way to it: requests over HTTP/2 where it is meshed, bytes where its port is opaque. */
  readonly protocolHint: 'none' | 'h2' | 'opaque';
  /** Where its proxy takes bytes for an opaque port, with a header that names the port; null for at the address itself. */
  readonly opaqueTransportPort: number | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** By address. */
export type EndpointSet = ReadonlyMap<string, ServiceEndpoint>;

export interface EndpointsOptions {
  readonly port: number;
  /** One instance by name; null for all. */
  readonly instance: string | null;
  /** For the `control_plane_ns` label of meshed endpoints. */
  readonly controlPlaneNamespace: string;
}

/**
 * The ready endpoints of a service's port. An instance whose proxy is not ready is left out: without an identity it would
 * be spoken to in plain text.
 */
export function endpointsOf(
  index: DiscoveryIndex,
  service: ServiceState,
  { port, instance: only, controlPlaneNamespace }: EndpointsOptions,
): EndpointSet {
  const servicePort = service.ports.find((each) => each.port === port);
  const targetPort = servicePort?.targetPort ?? port;
  const found = new Map<string, ServiceEndpoint>();
  for (const instance of service.workloads.flatMap((each) => index.instancesOf(each))) {
    if (only !== null && instance.ref.name !== only) continue;
    if (instance.phase !== 'ready' || instance.proxy?.ready === false) continue;
    const endpoint = instance.endpoints.find((each) => each.port === targetPort);
    if (endpoint === undefined) continue;
    const isOpaque =
      servicePort?.opaque === true || index.instanceAt(endpoint.address)?.opaque === true;
    const described = toServiceEndpoint(instance, endpoint, isOpaque, controlPlaneNamespace);
    found.set(endpoint.address, described);
  }
  return found;
}

/** One instance's endpoint, whatever its phase. */
export function toServiceEndpoint(
  instance: InstanceState,
  endpoint: InstanceEndpoint,
  isOpaque: boolean,
  controlPlaneNamespace: string,
): ServiceEndpoint {
  const { ref, workload, serviceAccount, proxy } = instance;
  const meshed = proxy?.ready === true;
  return {
    address: endpoint.address,
    identity: meshed ? proxy.identity : null,
    protocolHint: hintOf(meshed, isOpaque),
    opaqueTransportPort: null,
    labels: {
      ...(meshed ? { control_plane_ns: controlPlaneNamespace } : {}),
      // `job` is the scrape job in Prometheus, so Linkerd's label for it has another name.
      [workload.kind === 'job' ? 'k8s_job' : workload.kind]: workload.name,
      pod: ref.name,
      serviceaccount: serviceAccount,
    },
  };
}

/** Source: linkerd2 endpoint_translator.go: nobody without a proxy could take a request apart again. */
export function hintOf(isMeshed: boolean, isOpaque: boolean): ServiceEndpoint['protocolHint'] {
  if (!isMeshed) return 'none';
  return isOpaque ? 'opaque' : 'h2';
}

/** Null when its address is not `ip:port`. */
export function toWeightedAddr(endpoint: ServiceEndpoint): WeightedAddr | null {
  const parsed = parseHostPort(endpoint.address);
  const addr = parsed === null ? null : toTcpAddress(parsed.host, parsed.port);
  if (addr === null) return null;
  return create(WeightedAddrSchema, {
    addr,
    weight: WEIGHT,
    metricLabels: { ...endpoint.labels },
    ...(endpoint.identity === null ? {} : { tlsIdentity: tlsIdentity(endpoint.identity) }),
    ...(endpoint.protocolHint === 'none'
      ? {}
      : {
          protocolHint: {
            protocol: { case: endpoint.protocolHint, value: {} },
            ...(endpoint.opaqueTransportPort === null
              ? {}
              : { opaqueTransport: { inboundPort: endpoint.opaqueTransportPort } }),
          },
        }),
  });
}

export function sameEndpoint(a: ServiceEndpoint, b: ServiceEndpoint): boolean {
  if (a === b) return true;
  if (a.identity !== b.identity || a.protocolHint !== b.protocolHint) return false;
  if (a.opaqueTransportPort !== b.opaqueTransportPort) return false;
  const names = Object.keys(a.labels);
  return (
    names.length === Object.keys(b.labels).length &&
    names.every((name) => a.labels[name] === b.labels[name])
  );
}

function tlsIdentity(name: string): WeightedAddr['tlsIdentity'] {
  return create(TlsIdentitySchema, {
    strategy: { case: 'dnsLikeIdentity', value: { name } },
    serverName: { name },
  });
}
