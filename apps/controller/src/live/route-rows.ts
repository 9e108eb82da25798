import { keyOf, type RouteRow, type ServiceRef } from '@tulle/model';
import type { ViewDeps } from './view-deps.ts';

/** How a page names what matched no route. */
export const DEFAULT_ROUTE = '[DEFAULT]';

/** A service's routes as its profile has them, with their numbers, and what matched none when there was any. */
export function routeRows(
  { metrics, profiles }: Pick<ViewDeps, 'metrics' | 'profiles'>,
  service: ServiceRef,
): readonly RouteRow[] {
  const measured = new Map(metrics.routes(service).map((row) => [row.route, row]));
  const rows = (profiles.get(service)?.spec.routes ?? []).map((spec): RouteRow => {
    const numbers = measured.get(spec.name);
    return {
      service,
      name: spec.name,
      spec,
      golden: numbers?.inbound ?? numbers?.effective ?? null,
      effectiveSuccessRate: numbers?.effective?.successRate ?? null,
      actualSuccessRate: numbers?.actual?.successRate ?? null,
    };
  });
  const unmatched = measured.get('');
  if (unmatched === undefined) return rows;
  return [
    ...rows,
    {
      service,
      name: DEFAULT_ROUTE,
      spec: null,
      golden: unmatched.inbound ?? unmatched.effective,
      effectiveSuccessRate: unmatched.effective?.successRate ?? null,
      actualSuccessRate: unmatched.actual?.successRate ?? null,
    },
  ];
}

/** Services whose instances a workload's are. */
export function servicesOf(
  { platform }: Pick<ViewDeps, 'platform'>,
  workloadKey: string,
): readonly ServiceRef[] {
  return platform
    .state()
    .services.filter(({ workloads }) => workloads.some((each) => keyOf(each) === workloadKey))
    .map(({ ref }) => ref);
}
