import type {
  V1CronJob,
  V1DaemonSet,
  V1Deployment,
  V1Job,
  V1ObjectMeta,
  V1PodTemplateSpec,
  V1ReplicaSet,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type { WorkloadKind } from '@tulle/model';
import { INJECT, noteOf, OPAQUE_PORTS, RESTARTED_AT, ROLLOUT_CAUSE } from './annotations.ts';
import { isApp, ownerOf, portsOf } from './keep-pod.ts';
import type { AskedRollout, KeptMiddle, KeptRollout, KeptWorkload } from './kept-objects.ts';
import type { Plain } from './plain.ts';

type Meta = Plain<V1ObjectMeta> | undefined;
type Template = Plain<V1PodTemplateSpec> | undefined;
type Progress = Pick<KeptRollout, 'updated' | 'available' | 'present'> & Partial<KeptRollout>;

const REVISION = 'deployment.kubernetes.io/revision';

export function keepDeployment({ metadata, spec, status }: Plain<V1Deployment>): KeptWorkload {
  const progressing = status?.conditions?.find(({ type }) => type === 'Progressing');
  const refused = status?.conditions?.find(
    (condition) => condition.type === 'ReplicaFailure' && condition.status === 'True',
  );
  const gaveUp = progressing?.status === 'False' ? progressing : undefined;
  return workload('deployment', metadata, spec?.template, spec?.replicas ?? 1, {
    isObserved: (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0),
    updated: status?.updatedReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
    present: status?.replicas ?? 0,
    failure: refused?.message ?? gaveUp?.message ?? null,
    settledAtMs:
      progressing?.reason === 'NewReplicaSetAvailable' ? timeOf(progressing.lastUpdateTime) : null,
  });
}

export function keepStatefulSet({ metadata, spec, status }: Plain<V1StatefulSet>): KeptWorkload {
  const replicas = spec?.replicas ?? 1;
  const isSettled = status?.currentRevision === status?.updateRevision;
  return workload('statefulset', metadata, spec?.template, replicas, {
    isObserved: (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0),
    // Once all are new the controller leaves updatedReplicas out.
    updated: isSettled ? (status?.replicas ?? 0) : (status?.updatedReplicas ?? 0),
    available: status?.availableReplicas ?? status?.readyReplicas ?? 0,
    present: status?.replicas ?? 0,
    revisionHash: status?.updateRevision ?? null,
  });
}

export function keepDaemonSet({ metadata, spec, status }: Plain<V1DaemonSet>): KeptWorkload {
  return workload('daemonset', metadata, spec?.template, status?.desiredNumberScheduled ?? 0, {
    isObserved: (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0),
    updated: status?.updatedNumberScheduled ?? 0,
    available: status?.numberAvailable ?? 0,
    present: status?.currentNumberScheduled ?? 0,
  });
}

export function keepReplicaSet({ metadata, spec, status }: Plain<V1ReplicaSet>): KeptMiddle {
  const owner = ownerOf(metadata?.ownerReferences);
  const present = status?.replicas ?? 0;
  return {
    kind: 'ReplicaSet',
    owner,
    templateHash: noteOf(metadata?.labels, 'pod-template-hash'),
    revision: Number(noteOf(metadata?.annotations, REVISION) ?? 0),
    workload:
      owner === null
        ? workload('replicaset', metadata, spec?.template, spec?.replicas ?? 1, {
            updated: present,
            available: status?.availableReplicas ?? 0,
            present,
          })
        : null,
  };
}

export function keepJob({ metadata, spec, status }: Plain<V1Job>): KeptMiddle {
  const owner = ownerOf(metadata?.ownerReferences);
  const present = status?.active ?? 0;
  return {
    kind: 'Job',
    owner,
    templateHash: null,
    revision: 0,
    workload:
      owner === null
        ? workload('job', metadata, spec?.template, spec?.parallelism ?? 1, {
            updated: present,
            available: status?.ready ?? present,
            present,
          })
        : null,
  };
}

export function keepCronJob({ metadata, spec, status }: Plain<V1CronJob>): KeptWorkload {
  const present = status?.active?.length ?? 0;
  const job = spec?.jobTemplate.spec;
  return workload('cronjob', metadata, job?.template, job?.parallelism ?? 1, {
    updated: present,
    available: present,
    present,
  });
}

function workload(
  kind: WorkloadKind,
  metadata: Meta,
  template: Template,
  replicas: number,
  progress: Progress,
): KeptWorkload {
  const annotations = template?.metadata?.annotations;
  return {
    ref: { kind, namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' },
    replicas,
    serviceAccount: template?.spec?.serviceAccountName ?? 'default',
    inject: noteOf(annotations, INJECT),
    opaquePorts: noteOf(annotations, OPAQUE_PORTS),
    ports: (template?.spec?.containers ?? []).filter(isApp).flatMap(portsOf),
    createdAtMs: timeOf(metadata?.creationTimestamp),
    rollout: {
      isObserved: true,
      revisionHash: null,
      failure: null,
      settledAtMs: null,
      ...progress,
      asked: askedOf(annotations),
    },
  };
}

/** A restart that `kubectl` asked for is seen as well; only the cause is noted here alone. */
function askedOf(annotations: Readonly<Record<string, string>> | undefined): AskedRollout | null {
  const restartedAt = noteOf(annotations, RESTARTED_AT);
  if (restartedAt === null) return null;
  const [cause, at] = (noteOf(annotations, ROLLOUT_CAUSE) ?? '').split(' ');
  const isOurs = at === restartedAt && (cause === 'inject' || cause === 'uninject');
  return { cause: isOurs ? cause : 'restart', atMs: timeOf(restartedAt) };
}

function timeOf(text: string | Date | undefined): number {
  return Date.parse(String(text ?? '')) || 0;
}
