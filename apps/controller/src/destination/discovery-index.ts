import {
  keyOf,
  type InstanceEndpoint,
  type InstanceState,
  type PlatformState,
  type ServiceState,
  type WorkloadRef,
} from '@tulle/model';

export interface EndpointInstance {
  readonly instance: InstanceState;
  readonly endpoint: InstanceEndpoint;
  /** Its workload says the port carries bytes nobody should look into. */
  readonly opaque: boolean;
}

/** One platform snapshot, arranged for the questions proxies ask. */
export interface DiscoveryIndex {
  serviceByIp(ip: string): ServiceState | null;
  serviceByName(namespace: string, name: string): ServiceState | null;
  instancesOf(workload: WorkloadRef): readonly InstanceState[];
  /** By the address others dial, or the application's own. */
  instanceAt(address: string): EndpointInstance | null;
}

/** Gives the index of the state now; built once per snapshot, whoever asks. */
export function createDiscoveryIndexes(state: () => PlatformState): () => DiscoveryIndex {
  let indexed: PlatformState | null = null;
  let index: DiscoveryIndex | null = null;
  return () => {
    const now = state();
    if (index === null || indexed !== now) {
      indexed = now;
      index = buildIndex(now);
    }
    return index;
  };
}

function buildIndex(state: PlatformState): DiscoveryIndex {
  const byIp = new Map(state.services.map((service) => [service.clusterIp ?? '', service]));
  const byName = new Map(state.services.map((service) => [keyOf(service.ref), service]));
  const byWorkload = Map.groupBy(state.instances, ({ workload }) => keyOf(workload));
  const opaquePorts = new Map(
    state.workloads.map(({ ref, ports }) => [
      keyOf(ref),
      new Set(ports.filter(({ opaque }) => opaque).map(({ port }) => port)),
    ]),
  );
  const byAddress = new Map<string, EndpointInstance>();
  for (const instance of state.instances) {
    const opaqueHere = opaquePorts.get(keyOf(instance.workload));
    for (const endpoint of instance.endpoints) {
      const found = { instance, endpoint, opaque: opaqueHere?.has(endpoint.port) ?? false };
      byAddress.set(endpoint.appAddress, found);
      byAddress.set(endpoint.address, found);
    }
  }
  return {
    serviceByIp: (ip) => byIp.get(ip) ?? null,
    serviceByName: (namespace, name) =>
      byName.get(keyOf({ kind: 'service', namespace, name })) ?? null,
    instancesOf: (workload) => byWorkload.get(keyOf(workload)) ?? [],
    instanceAt: (address) => byAddress.get(address) ?? null,
  };
}
