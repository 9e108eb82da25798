import type { WorkloadKind, WorkloadRef } from '@tulle/model';

type Labels = Readonly<Record<string, string>>;

/** Labels that name a workload, by kind; `job` is `k8s_job` because Prometheus uses `job` itself. */
export const WORKLOAD_LABELS: readonly (readonly [label: string, kind: WorkloadKind])[] = [
  ['deployment', 'deployment'],
  ['statefulset', 'statefulset'],
  ['daemonset', 'daemonset'],
  ['cronjob', 'cronjob'],
  ['k8s_job', 'job'],
  ['replicaset', 'replicaset'],
];

/** Label of a workload's kind, without prefix. */
export function labelOfKind(kind: WorkloadKind): string {
  return kind === 'job' ? 'k8s_job' : kind;
}

/**
 * The workload that a series' labels name; null where they name none. An empty label is an absent one, as in PromQL.
 * @param prefix `dst_` for the called side of an outbound series
 */
export function workloadIn(labels: Labels, prefix: '' | 'dst_'): WorkloadRef | null {
  const namespace = labels[`${prefix}namespace`] ?? '';
  if (namespace === '') return null;
  for (const [label, kind] of WORKLOAD_LABELS) {
    const name = labels[prefix + label] ?? '';
    if (name !== '') return { kind, namespace, name };
  }
  return null;
}
