import {
  healthOf,
  keyOf,
  type Health,
  type InstanceState,
  type Provenance,
  type WorkloadRef,
  type WorkloadRow,
  type WorkloadState,
} from '@tulle/model';
import { countBy, nameOfTraffic } from './describe-traffic.ts';
import { instancesByWorkload } from './mesh-index.ts';
import type { ViewDeps } from './view-deps.ts';

const MAX_ROUTES_SEEN = 4;

/** A workload as lists show it. */
export function workloadRow(deps: ViewDeps, workload: WorkloadState): WorkloadRow {
  const { metrics, traffic } = deps;
  const instances = instancesOf(deps, workload.ref);
  const meshed = instances.filter(({ proxy }) => proxy !== null).length;
  const golden = meshed === 0 ? null : metrics.golden(workload.ref);
  const spark = metrics.spark(workload.ref);
  const seen = countBy(traffic.seen(workload.ref), nameOfTraffic);
  return {
    ref: workload.ref,
    health: healthOf(meshed, golden),
    meshed: { meshed, total: instances.length },
    ready: instances.filter(({ phase }) => phase === 'ready').length,
    golden,
    tcp: meshed === 0 ? null : metrics.tcp(workload.ref),
    sparkSuccess: spark.success,
    sparkRequests: spark.requests,
    routesSeen: seen.slice(0, MAX_ROUTES_SEEN).map(([name]) => name),
    routesSeenTotal: seen.length,
  };
}

/** Instances that run or should: one that was told to end is no longer counted. */
export function instancesOf(
  { platform }: Pick<ViewDeps, 'platform'>,
  workload: WorkloadRef,
): readonly InstanceState[] {
  return instancesByWorkload(platform.state()).get(keyOf(workload)) ?? [];
}

/** How a workload is, without the rest of its row. */
export function workloadHealth(
  deps: Pick<ViewDeps, 'platform' | 'metrics'>,
  workload: WorkloadRef,
): Health {
  const meshed = instancesOf(deps, workload).filter(({ proxy }) => proxy !== null).length;
  return healthOf(meshed, meshed === 0 ? null : deps.metrics.golden(workload));
}

/** @param workload whose numbers alone are meant; all where absent */
export function provenanceOf(
  { metrics }: Pick<ViewDeps, 'metrics'>,
  workload?: WorkloadRef,
): Provenance {
  return { ...metrics.freshness(workload), windowSeconds: metrics.windowSeconds };
}
