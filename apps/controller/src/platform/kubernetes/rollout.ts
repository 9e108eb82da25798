import { keyOf, type RolloutState, type RolloutStep } from '@tulle/model';
import type { ClusterObjects } from './cluster-objects.ts';
import type { KeptPod, KeptWorkload } from './keep/kept-objects.ts';

/**
 * How far a rollout that was asked for is, from the workload's status and its pods' own conditions. A failed one may
 * still come right: Kubernetes goes on trying.
 * @param before what was said of it last, for the time it ended
 */
export function rolloutOf(
  { ref, replicas, rollout }: KeptWorkload,
  objects: ClusterObjects,
  before: RolloutState | null,
  nowMs: number,
): RolloutState {
  const { asked, settledAtMs } = rollout;
  const id = `${keyOf(ref)}@${asked?.atMs ?? 0}`;
  const known = before?.id === id ? before : null;
  const startedAtMs = asked?.atMs ?? 0;
  const base = {
    id,
    workload: ref,
    cause: asked?.cause ?? 'restart',
    total: replicas,
    startedAtMs,
  };
  if (isDone(replicas, rollout)) {
    const endedAtMs =
      known?.endedAtMs ??
      (settledAtMs !== null && settledAtMs >= startedAtMs ? settledAtMs : nowMs);
    return { ...base, step: 'done', replaced: replicas, endedAtMs, message: null };
  }
  const pods = newestPods({ ref, rollout }, objects);
  const ready = pods?.filter(({ phase }) => phase === 'ready').length;
  const replaced = Math.min(ready ?? Math.min(rollout.updated, rollout.available), replicas);
  const stuck = pods?.find((pod) => pod.isStuck);
  const failure =
    rollout.failure ?? (stuck === undefined ? null : `${stuck.name}: ${stuck.reason ?? ''}`);
  if (failure !== null && rollout.isObserved) {
    const kept = rollout.available > 0 ? `; ${rollout.available} of its pods still serve` : '';
    const message = `${failure}${kept}`;
    return { ...base, step: 'failed', replaced, endedAtMs: known?.endedAtMs ?? nowMs, message };
  }
  return {
    ...base,
    step: stepOf(rollout, replaced, replicas),
    replaced,
    endedAtMs: null,
    message: null,
  };
}

/** As `kubectl rollout status` sees it. */
function isDone(replicas: number, rollout: KeptWorkload['rollout']): boolean {
  const { isObserved, updated, available, present } = rollout;
  return isObserved && updated >= replicas && present <= updated && available >= updated;
}

function stepOf(
  { isObserved, updated }: KeptWorkload['rollout'],
  replaced: number,
  replicas: number,
): RolloutStep {
  if (!isObserved || updated === 0) return 'starting';
  return replaced < replicas ? 'waiting-ready' : 'draining-old';
}

/** The workload's pods of its newest template; null where that cannot be told (DaemonSets). */
function newestPods(
  { ref, rollout }: Pick<KeptWorkload, 'ref' | 'rollout'>,
  objects: ClusterObjects,
): KeptPod[] | null {
  const hash = ref.kind === 'deployment' ? newestHash(ref, objects) : rollout.revisionHash;
  if (hash === null) return null;
  const key = keyOf(ref);
  return [...objects.all.pods.values()].filter((pod) => {
    if (pod.namespace !== ref.namespace || pod.phase === 'stopping') return false;
    if ((pod.templateHash ?? pod.revisionHash) !== hash) return false;
    const workload = objects.workloadOf(pod);
    return workload !== null && keyOf(workload) === key;
  });
}

function newestHash(
  { namespace, name }: KeptWorkload['ref'],
  objects: ClusterObjects,
): string | null {
  let newest: { readonly revision: number; readonly templateHash: string | null } | null = null;
  for (const [key, middle] of objects.all.replicasets) {
    if (middle.owner?.name !== name || !key.startsWith(`${namespace}/`)) continue;
    if (newest === null || middle.revision > newest.revision) newest = middle;
  }
  return newest?.templateHash ?? null;
}
