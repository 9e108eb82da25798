import {
  keyOf,
  type ChangeEvent,
  type InstanceRow,
  type InstanceState,
  type ServiceRef,
  type WorkloadRef,
  type WorkloadView,
} from '@tulle/model';
import { calledBy, calls } from './edges.ts';
import { failureBreakdown } from './failure-breakdown.ts';
import { workloadOf } from './mesh-index.ts';
import { routeRows, servicesOf } from './route-rows.ts';
import type { ViewDeps } from './view-deps.ts';
import { instancesOf, provenanceOf, workloadRow } from './workload-row.ts';

/** Proxies renew at 70 % of a certificate's life (linkerd2-proxy identity-client). */
const RENEW_AT = 0.7;
const CHANGES_SEARCHED = 500;
const CHANGES_SHOWN = 20;

/** Everything about one workload; null when the platform does not know it. */
export function workloadView(deps: ViewDeps, ref: WorkloadRef): WorkloadView | null {
  const key = keyOf(ref);
  const workload = workloadOf(deps.platform.state(), key);
  if (workload === undefined) return null;
  const instances = instancesOf(deps, ref);
  const services = servicesOf(deps, key);
  return {
    provenance: provenanceOf(deps, ref),
    row: workloadRow(deps, workload),
    identity: instances.find(({ proxy }) => proxy !== null)?.proxy?.identity ?? null,
    certificateRenewsAtMs: renewsAtMs(deps, instances),
    instances: instances.map((instance) => instanceRow(deps, instance)),
    calledBy: calledBy(deps, ref),
    calls: calls(deps, ref),
    routes: services.flatMap((service) => routeRows(deps, service)),
    failures: failureBreakdown(deps, ref, instances.length),
    services,
    changes: changesOf(deps, key, services),
  };
}

function instanceRow({ metrics }: ViewDeps, instance: InstanceState): InstanceRow {
  const { ref, proxy, phase, reason, restarts, startedAtMs } = instance;
  return {
    ref,
    phase,
    reason,
    restarts,
    startedAtMs,
    meshed: proxy !== null,
    proxyVersion: proxy?.version ?? null,
    certificateExpiresAtMs:
      proxy === null ? null : (metrics.proxy(ref)?.certificateExpiresAtMs ?? null),
    golden: proxy === null ? null : metrics.golden(ref),
  };
}

/** When the first of the instances will renew; null where no proxy said. */
function renewsAtMs({ metrics }: ViewDeps, instances: readonly InstanceState[]): number | null {
  const times = instances.flatMap(({ ref }) => {
    const facts = metrics.proxy(ref);
    if (facts === null) return [];
    const { certificateExpiresAtMs: expires, certificateRefreshedAtMs: refreshed } = facts;
    if (expires === null || refreshed === null) return [];
    return [refreshed + (expires - refreshed) * RENEW_AT];
  });
  return times.length === 0 ? null : Math.min(...times);
}

function changesOf(
  { changes }: ViewDeps,
  workloadKey: string,
  services: readonly ServiceRef[],
): readonly ChangeEvent[] {
  const keys = new Set([workloadKey, ...services.map(keyOf)]);
  return changes
    .recent(CHANGES_SEARCHED)
    .filter(({ subject }) => keys.has(keyOf(subject)))
    .slice(0, CHANGES_SHOWN);
}
