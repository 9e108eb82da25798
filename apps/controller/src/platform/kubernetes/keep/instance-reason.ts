import type { V1ContainerStatus } from '@kubernetes/client-node';
import { INIT_CONTAINERS, PROXY_CONTAINER } from './annotations.ts';
import type { Pod } from './keep-pod.ts';
import type { Plain } from './plain.ts';

type ContainerStatus = Plain<V1ContainerStatus>;

/** Reasons of a waiting container that only mean "wait a little". */
const HARMLESS = new Set(['ContainerCreating', 'PodInitializing']);
const MAX_MESSAGE = 300;

/** Reasons of a waiting container that waiting does not cure. */
const HOPELESS = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** A container that failed so often will not come right by itself. */
const CRASHES = 2;

export function isStuck({ status }: Pod): boolean {
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return statuses.some(
    ({ state, restartCount, ready }) =>
      HOPELESS.has(state?.waiting?.reason ?? '') ||
      // Between two waits of a crash loop.
      (!ready && restartCount >= CRASHES && (state?.terminated?.exitCode ?? 0) !== 0),
  );
}

/** Why a pod is not ready, from its own conditions and containers, the worst first; in one sentence. */
export function instanceReason(pod: Pod): string {
  const { metadata, status } = pod;
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const told =
    waiting(statuses) ?? ended(statuses) ?? evicted(pod) ?? unscheduled(pod) ?? notReady(pod);
  if (told !== null) return told.slice(0, MAX_MESSAGE);
  if (metadata?.deletionTimestamp !== undefined) return 'it is being stopped';
  return statuses.length === 0 ? 'it waits for its node' : 'its containers are being started';
}

function waiting(statuses: readonly ContainerStatus[]): string | null {
  for (const { name, state, lastState, restartCount } of statuses) {
    const reason = state?.waiting?.reason;
    if (reason === undefined || HARMLESS.has(reason)) continue;
    const last = lastState?.terminated;
    if (reason === 'CrashLoopBackOff' && last !== undefined) {
      return `${what(name)} ended with exit code ${last.exitCode} ${restartCount} times and waits for its restart (CrashLoopBackOff)`;
    }
    return `${what(name)}: ${reason}${detail(state?.waiting?.message)}`;
  }
  return null;
}

function ended(statuses: readonly ContainerStatus[]): string | null {
  for (const { name, state } of statuses) {
    const end = state?.terminated;
    if (end === undefined || end.exitCode === 0) continue;
    return `${what(name)} ended with exit code ${end.exitCode} (${end.reason ?? 'Error'})${detail(end.message)}`;
  }
  return null;
}

function evicted({ status }: Pod): string | null {
  if (status?.phase !== 'Failed' || status.reason === undefined) return null;
  return `${status.reason}${detail(status.message)}`;
}

function unscheduled({ status }: Pod): string | null {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False') return null;
  return `no node takes it${detail(scheduled.message)}`;
}

/** Running, but a readiness probe says no: the containers are named. */
function notReady({ status }: Pod): string | null {
  const slow = (status?.containerStatuses ?? []).filter(
    ({ ready, state }) => !ready && state?.running !== undefined,
  );
  if (slow.length === 0) return null;
  return `${slow.map(({ name }) => what(name)).join(' and ')} is not ready yet`;
}

function what(container: string): string {
  if (container === PROXY_CONTAINER) return 'the proxy';
  return INIT_CONTAINERS.has(container) ? `the mesh's ${container}` : `container ${container}`;
}

function detail(message: string | undefined): string {
  return message === undefined || message === '' ? '' : `: ${message}`;
}
