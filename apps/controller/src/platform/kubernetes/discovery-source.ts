import type { ServiceRef } from '@tulle/model';
import { formatIdentityName } from '@tulle/pki';
import { formatHostPort } from '@tulle/proxy-api';
import type { DiscoverySource, EndpointsQuery } from '../../destination/discovery-source.ts';
import { hintOf, type EndpointSet, type ServiceEndpoint } from '../../destination/endpoint-set.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import type { KeptEndpoint, KeptPod, KeptService, KeptSlice } from './keep/kept-objects.ts';
import { opaquePorts, parsePorts } from './opaque-ports.ts';

export interface KubernetesSourceOptions {
  readonly objects: ClusterObjects;
  /** Whether every collection was listed once. */
  readonly isReady: () => boolean;
  /** Tells once it is. */
  readonly onReady: (listener: () => void) => () => void;
  readonly controlPlaneNamespace: string;
  readonly trustDomain: string;
}

const NO_ENDPOINTS: EndpointSet = new Map();

/** Answers proxies from the cluster's objects; a change of a service costs that service, whatever the cluster's size. */
export function createKubernetesSource(options: KubernetesSourceOptions): DiscoverySource {
  const { objects, controlPlaneNamespace, trustDomain } = options;
  const { all, topics } = objects;
  /** Sets that some stream holds, by service and then by what was asked; dropped when the service changes. */
  const sets = new Map<string, Map<string, EndpointSet>>();

  function serviceOf({ namespace, name }: ServiceRef): KeptService | null {
    return all.services.get(`${namespace}/${name}`) ?? null;
  }

  function isServicePortOpaque(service: KeptService, port: number): boolean {
    const { namespace } = service.ref;
    const name = service.ports.find((each) => each.port === port)?.name;
    return opaquePorts(service.opaquePorts, all.namespaces.get(namespace)?.opaquePorts).has(
      port,
      name,
    );
  }

  function isPodPortOpaque(pod: KeptPod, port: number): boolean {
    const name = pod.ports.find((each) => each.port === port)?.name;
    return opaquePorts(pod.opaquePorts, all.namespaces.get(pod.namespace)?.opaquePorts).has(
      port,
      name,
    );
  }

  /** Source: linkerd2 endpoint_translator.go createWeightedAddr, GetPodLabels. */
  function describePod(
    pod: KeptPod,
    port: number,
    facts: { readonly address: string; readonly isOpaque: boolean; readonly zone: string | null },
  ): ServiceEndpoint {
    const { proxy, namespace, serviceAccount } = pod;
    const isSkipped = pod.skipInboundPorts !== null && parsePorts(pod.skipInboundPorts).has(port);
    const isMeshed = proxy !== null && !isSkipped;
    const isOurs = isMeshed && proxy.controlPlaneNamespace === controlPlaneNamespace;
    const workload = objects.workloadOf(pod);
    const name = { serviceAccount, namespace, controlPlaneNamespace, trustDomain };
    return {
      address: facts.address,
      identity: isOurs ? formatIdentityName(name) : null,
      protocolHint: hintOf(isMeshed, facts.isOpaque),
      opaqueTransportPort: isMeshed && facts.isOpaque ? proxy.inboundPort : null,
      labels: {
        ...(proxy === null ? {} : { control_plane_ns: proxy.controlPlaneNamespace }),
        // `job` is the scrape job in Prometheus, so Linkerd's label for it has another name.
        ...(workload === null
          ? {}
          : { [workload.kind === 'job' ? 'k8s_job' : workload.kind]: workload.name }),
        pod: pod.name,
        serviceaccount: serviceAccount,
        ...(pod.templateHash === null ? {} : { pod_template_hash: pod.templateHash }),
        ...(facts.zone === null ? {} : { zone: facts.zone }),
      },
    };
  }

  /** Null for a pod not seen yet: without it the endpoint would be spoken to in plain text. */
  function describeEndpoint(
    slice: KeptSlice,
    endpoint: KeptEndpoint,
    ip: string,
    target: { readonly port: number; readonly isOpaque: boolean },
  ): ServiceEndpoint | null {
    const address = formatHostPort(ip, target.port);
    if (endpoint.pod === null) {
      return {
        address,
        identity: null,
        protocolHint: 'none',
        opaqueTransportPort: null,
        labels: {},
      };
    }
    const pod = all.pods.get(`${slice.namespace}/${endpoint.pod}`);
    if (pod === undefined) return null;
    const isOpaque = target.isOpaque || isPodPortOpaque(pod, target.port);
    return describePod(pod, target.port, { address, isOpaque, zone: endpoint.zone });
  }

  function buildSet(query: EndpointsQuery, service: KeptService): EndpointSet {
    const key = `${service.ref.namespace}/${service.ref.name}`;
    const slices = [...objects.slicesOf(key)];
    const ofFamily = slices.filter(({ family }) => family === service.family);
    const isOpaque = isServicePortOpaque(service, query.port);
    const found = new Map<string, ServiceEndpoint>();
    for (const slice of ofFamily.length > 0 ? ofFamily : slices) {
      const port = targetPortOf(service, slice, query.port);
      if (port === null || slice.family === 'FQDN') continue;
      for (const endpoint of slice.endpoints) {
        if (!isAsked(endpoint, service, query)) continue;
        for (const ip of endpoint.addresses) {
          const described = describeEndpoint(slice, endpoint, ip, { port, isOpaque });
          if (described !== null) found.set(described.address, described);
        }
      }
    }
    return found;
  }

  function cachedSets(key: string): Map<string, EndpointSet> {
    const known = sets.get(key);
    if (known !== undefined) return known;
    const fresh = new Map<string, EndpointSet>();
    sets.set(key, fresh);
    const stop = topics.listen(`service ${key}`, () => {
      sets.delete(key);
      stop();
    });
    return fresh;
  }

  const onTopic =
    (topic: string) =>
    (listener: () => void): (() => void) => {
      const stops = [topics.listen(topic, listener), options.onReady(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    };

  return {
    isReady: options.isReady,
    kindOf(ref) {
      const service = serviceOf(ref);
      if (service === null) return null;
      return service.kind === 'external-name' ? 'external' : 'internal';
    },
    serviceByIp: (ip) => objects.serviceByIp(ip)?.ref ?? null,
    isOpaque(ref, port) {
      const service = serviceOf(ref);
      return service === null
        ? opaquePorts(all.namespaces.get(ref.namespace)?.opaquePorts).has(port)
        : isServicePortOpaque(service, port);
    },
    endpoints(query) {
      const service = serviceOf(query.service);
      if (service === null) return NO_ENDPOINTS;
      const cached = cachedSets(`${service.ref.namespace}/${service.ref.name}`);
      const node = service.isLocalTraffic ? query.clientNode : '';
      const id = `${query.port} ${query.instance ?? ''} ${node}`;
      const known = cached.get(id);
      if (known !== undefined) return known;
      const built = buildSet(query, service);
      cached.set(id, built);
      return built;
    },
    address(ip, port) {
      const onHost = objects.podByHostPort(ip, port);
      const pod = objects.podByIp(ip) ?? onHost;
      if (pod === null) return { endpoint: null, opaque: opaquePorts().has(port) };
      const target = pod === onHost ? containerPortOf(pod, port) : port;
      const opaque = isPodPortOpaque(pod, target);
      const address = formatHostPort(ip, port);
      return {
        endpoint: describePod(pod, target, { address, isOpaque: opaque, zone: null }),
        opaque,
      };
    },
    onService: ({ namespace, name }) => onTopic(`service ${namespace}/${name}`),
    onAddress: (ip) => onTopic(`ip ${ip}`),
  };
}

/**
 * The port of a slice's endpoints that a service's port leads to: they share the port's name. A port that the service
 * does not name is itself, as headless services have it. Source: linkerd2 endpoints_watcher.go getTargetPort.
 */
function targetPortOf(service: KeptService, slice: KeptSlice, port: number): number | null {
  const named = service.ports.find((each) => each.port === port);
  if (named === undefined) return port;
  return slice.ports.find(({ name }) => name === named.name)?.port ?? null;
}

function isAsked(
  { ready, hostname, pod, node }: KeptEndpoint,
  { isLocalTraffic }: KeptService,
  { instance, clientNode }: EndpointsQuery,
): boolean {
  if (!ready) return false;
  if (instance !== null && (hostname ?? pod) !== instance) return false;
  return !isLocalTraffic || clientNode === '' || node === clientNode;
}

function containerPortOf(pod: KeptPod, hostPort: number): number {
  return pod.ports.find((each) => each.hostPort === hostPort)?.port ?? hostPort;
}
