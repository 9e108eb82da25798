import type { FailureBreakdown, WorkloadRef } from '@tulle/model';
import { overRepresented } from './failure-evidence.ts';
import type { ViewDeps } from './view-deps.ts';

/** Failures of the window by who refused. @param instances how many instances could have answered */
export function failureBreakdown(
  { metrics, traffic }: ViewDeps,
  workload: WorkloadRef,
  instances: number,
): FailureBreakdown {
  const counts = metrics.failures(workload);
  const { application, timeout, noEndpoint, policy, tls, reset } = counts;
  const total = application + timeout + noEndpoint + policy + tls + reset;
  return {
    ...counts,
    total,
    overRepresented: total === 0 ? null : overRepresented(traffic.seen(workload), instances),
  };
}
