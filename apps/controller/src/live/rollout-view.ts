import { keyOf, type RolloutView, type WorkloadRef } from '@tulle/model';
import type { ViewDeps } from './view-deps.ts';
import { instancesOf } from './workload-row.ts';

/** The newest replacement of a workload, and when the first answer passed one of its new proxies. */
export function rolloutView(deps: ViewDeps, ref: WorkloadRef): RolloutView {
  const key = keyOf(ref);
  const rollout =
    deps.platform
      .state()
      .rollouts.filter(({ workload }) => keyOf(workload) === key)
      .sort((a, b) => b.startedAtMs - a.startedAtMs)[0] ?? null;
  if (rollout === null || rollout.cause === 'uninject') return { rollout, firstRequestAtMs: null };
  const times = instancesOf(deps, ref)
    .filter(({ proxy, startedAtMs }) => proxy !== null && startedAtMs >= rollout.startedAtMs)
    .flatMap((instance) => deps.metrics.proxy(instance.ref)?.firstResponseAtMs ?? []);
  return { rollout, firstRequestAtMs: times.length === 0 ? null : Math.min(...times) };
}
