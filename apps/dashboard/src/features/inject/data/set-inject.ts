import type { InjectRequest, RolloutView, WorkloadRef } from '@tulle/model';
import { apiFetch } from '@/lib/api/api-fetch.ts';
import { workloadPath } from './inject-plan.ts';

/** Starts the rollout. @throws TulleError `conflict` while another is under way. */
export async function setInject(
  workload: WorkloadRef,
  inject: InjectRequest['inject'],
): Promise<RolloutView> {
  const body: InjectRequest = { inject };
  return apiFetch<RolloutView>(`${workloadPath(workload)}/inject`, { method: 'PUT', body });
}
