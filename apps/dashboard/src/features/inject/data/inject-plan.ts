import { queryOptions } from '@tanstack/react-query';
import { keyOf } from '@tulle/model';
import type { InjectPlan, InjectRequest, WorkloadRef } from '@tulle/model';
import { apiFetch } from '@/lib/api/api-fetch.ts';

/** What injection (or taking out) will do, asked anew each time the drawer opens. */
export function injectPlanQuery(workload: WorkloadRef, to: InjectRequest['inject']) {
  return queryOptions({
    queryKey: ['inject-plan', keyOf(workload), to],
    queryFn: async ({ signal }) =>
      apiFetch<InjectPlan>(`${workloadPath(workload)}/inject-plan?to=${to}`, { signal }),
    staleTime: 5000,
    retry: false,
  });
}

/** `/workloads/emojivoto/deployment/web` of the REST API. */
export function workloadPath({ namespace, kind, name }: WorkloadRef): string {
  return `/workloads/${[namespace, kind, name].map(encodeURIComponent).join('/')}`;
}
