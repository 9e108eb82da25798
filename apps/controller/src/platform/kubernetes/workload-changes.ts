import {
  keyOf,
  TulleError,
  type RolloutState,
  type WorkloadKind,
  type WorkloadRef,
} from '@tulle/model';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import type { OnBehalf } from '../platform.ts';
import { INJECT, RESTARTED_AT, ROLLOUT_CAUSE } from './keep/annotations.ts';

export interface WorkloadChangesOptions {
  readonly api: KubernetesApi;
  readonly now: () => number;
  /** How many pods the workload is to have, as known now. */
  readonly replicasOf: (workload: WorkloadRef) => number;
  /** The rollout of a workload as known now. */
  readonly rolloutOf: (workload: WorkloadRef) => RolloutState | null;
}

/** Changes of workloads, each one request to the API server. */
export interface WorkloadChanges {
  /** @throws TulleError `conflict` while it is being replaced, else what the API server says. */
  apply(workload: WorkloadRef, cause: RolloutState['cause'], as?: OnBehalf): Promise<RolloutState>;
}

/** Kinds whose pods are replaced when the template changes, with their collections. */
const COLLECTIONS: Readonly<Partial<Record<WorkloadKind, string>>> = {
  deployment: 'apps/v1/namespaces/NS/deployments',
  statefulset: 'apps/v1/namespaces/NS/statefulsets',
  daemonset: 'apps/v1/namespaces/NS/daemonsets',
};

export function createWorkloadChanges(options: WorkloadChangesOptions): WorkloadChanges {
  return {
    async apply(workload, cause, as) {
      const known = options.rolloutOf(workload);
      if (known !== null && known.endedAtMs === null) {
        throw new TulleError(
          'conflict',
          `${workload.name} is being replaced already, ${known.replaced} of ${known.total} so far.`,
        );
      }
      const atMs = Math.floor(options.now() / 1000) * 1000;
      const api = as === undefined ? options.api : options.api.withHeaders(as);
      await api.request({
        method: 'PATCH',
        path: pathOf(workload),
        contentType: 'application/merge-patch+json',
        body: { spec: { template: { metadata: { annotations: notesOf(cause, atMs) } } } },
      });
      return {
        id: `${keyOf(workload)}@${atMs}`,
        workload,
        cause,
        step: 'starting',
        replaced: 0,
        total: options.replicasOf(workload),
        startedAtMs: atMs,
        endedAtMs: null,
        message: null,
      };
    },
  };
}

function pathOf({ kind, namespace, name }: WorkloadRef): string {
  const collection = COLLECTIONS[kind];
  if (collection === undefined) {
    throw new TulleError(
      'invalid_argument',
      `The pods of a ${kind} are not replaced while they run. Set ${INJECT} where it is made, and make it anew.`,
    );
  }
  const folder = collection.replace('NS', encodeURIComponent(namespace));
  return `/apis/${folder}/${encodeURIComponent(name)}`;
}

/** A new template, so that every pod is replaced: what `kubectl rollout restart` writes, and what it is for. */
function notesOf(cause: RolloutState['cause'], atMs: number): Readonly<Record<string, string>> {
  const at = new Date(atMs).toISOString().replace('.000Z', 'Z');
  const restart = { [RESTARTED_AT]: at, [ROLLOUT_CAUSE]: `${cause} ${at}` };
  switch (cause) {
    case 'inject':
      return { ...restart, [INJECT]: 'enabled' };
    case 'uninject':
      return { ...restart, [INJECT]: 'disabled' };
    case 'restart':
      return restart;
  }
}
