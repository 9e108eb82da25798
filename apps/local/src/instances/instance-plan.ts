import type { PodRef } from '@tulle/model';
import type { PortSpec, UpstreamRef, WorkloadSpec } from '../mesh-file/mesh-spec.ts';
import type { PortAllocator } from '../net/loopback.ts';

/** The addresses of one instance, fixed for its life, restarts included. All are `ip:port` on loopback. */
export interface InstancePlan {
  readonly ref: PodRef;
  readonly workload: WorkloadSpec;
  readonly ports: readonly PlannedPort[];
  readonly upstreams: readonly PlannedUpstream[];
  /** Null outside the mesh. */
  readonly proxy: PlannedProxy | null;
}

export interface PlannedPort {
  readonly spec: PortSpec;
  /** What the application listens on. */
  readonly appAddress: string;
  /** What others dial: the proxy's when meshed, otherwise the application's. */
  readonly address: string;
}

export interface PlannedUpstream {
  readonly upstream: UpstreamRef;
  /** What the application dials for it: its proxy when meshed, otherwise a forwarder of the runtime. */
  readonly address: string;
}

export interface PlannedProxy {
  readonly adminAddress: string;
  readonly tapAddress: string;
  /** Not bound while the tables say where to listen; each its own all the same, should a proxy bind them. */
  readonly inboundAddress: string;
  readonly outboundAddress: string;
}

/** @param openForwarder gives the address of a forwarder to a service port; called for instances outside the mesh */
export async function planInstance(
  ref: PodRef,
  workload: WorkloadSpec,
  meshed: boolean,
  allocator: PortAllocator,
  openForwarder: (upstream: UpstreamRef) => Promise<string>,
): Promise<InstancePlan> {
  const ports: PlannedPort[] = [];
  for (const spec of workload.ports) {
    const appAddress = await allocator.nextAddress();
    const address = meshed ? await allocator.nextAddress() : appAddress;
    ports.push({ spec, appAddress, address });
  }
  const upstreams: PlannedUpstream[] = [];
  for (const upstream of workload.upstreams) {
    const address = meshed ? await allocator.nextAddress() : await openForwarder(upstream);
    upstreams.push({ upstream, address });
  }
  const proxy = meshed
    ? {
        adminAddress: await allocator.nextAddress(),
        tapAddress: await allocator.nextAddress(),
        inboundAddress: await allocator.nextAddress(),
        outboundAddress: await allocator.nextAddress(),
      }
    : null;
  return { ref, workload, ports, upstreams, proxy };
}
