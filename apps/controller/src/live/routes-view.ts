import {
  compileRoutes,
  keyOf,
  type RoutesView,
  type SeenPath,
  type ServiceRef,
} from '@tulle/model';
import { routeRows } from './route-rows.ts';
import type { ViewDeps } from './view-deps.ts';
import { provenanceOf } from './workload-row.ts';

const MAX_UNMATCHED = 50;

/** A service's routes with their numbers, and the paths seen that match none; null for an unknown service. */
export function routesView(deps: ViewDeps, ref: ServiceRef): RoutesView | null {
  const key = keyOf(ref);
  const service = deps.platform.state().services.find((known) => keyOf(known.ref) === key);
  if (service === undefined) return null;
  const profile = deps.profiles.get(ref);
  const matching = compileRoutes(profile?.spec ?? { routes: [] });
  const unmatched = new Map<string, SeenPath>();
  for (const { method, path, count } of service.workloads.flatMap((workload) =>
    deps.traffic.seen(workload),
  )) {
    if (matching(method, path) !== null) continue;
    const id = `${method} ${path}`;
    unmatched.set(id, { method, path, count: (unmatched.get(id)?.count ?? 0) + count });
  }
  return {
    provenance: provenanceOf(deps),
    service: ref,
    version: profile?.version ?? 0,
    routes: routeRows(deps, ref),
    unmatched: [...unmatched.values()].sort((a, b) => b.count - a.count).slice(0, MAX_UNMATCHED),
  };
}
