import { type ContainerStatus, isReady, type KubeObject, type Pod } from '../kubernetes/objects.ts';

/** Names that should be there and are not, as a sentence; null when all are. */
export function missingOf(
  what: string,
  names: readonly string[],
  found: readonly KubeObject[],
): string | null {
  const have = new Set(found.map(({ metadata }) => metadata.name));
  const missing = names.filter((name) => !have.has(name));
  return missing.length === 0 ? null : `${what} are missing: ${missing.join(', ')}.`;
}

/** The first pod that is not ready with what it says itself, as a sentence; null when all are. */
export function podFault(pods: readonly Pod[]): string | null {
  const waiting = pods.filter((pod) => !isReady(pod));
  const [first] = waiting;
  if (first === undefined) return null;
  const more = waiting.length === 1 ? '' : ` (and ${waiting.length - 1} more)`;
  return `The pod ${first.metadata.name} is not ready${more}: ${reasonOf(first)}`;
}

function reasonOf({ status }: Pod): string {
  const unscheduled = status.conditions?.find(
    (each) => each.type === 'PodScheduled' && each.status === 'False',
  );
  if (unscheduled !== undefined) return unscheduled.message ?? 'it finds no node.';
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  for (const { name, state } of containers) {
    if (state?.waiting !== undefined && state.waiting.reason !== 'PodInitializing') {
      return `${name} waits: ${state.waiting.message ?? state.waiting.reason ?? 'it does not say why'}.`;
    }
  }
  const unready = containers.find((container) => !container.ready);
  return unready === undefined ? `it is ${status.phase}.` : unreadyWords(unready);
}

function unreadyWords({ name, restartCount }: ContainerStatus): string {
  const restarts = restartCount > 0 ? ` after ${restartCount} restarts` : '';
  return `${name} runs${restarts} and does not say that it is ready.`;
}
