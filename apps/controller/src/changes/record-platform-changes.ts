import {
  keyOf,
  type InstanceState,
  type PlatformState,
  type ResourceRef,
  type RolloutState,
} from '@tulle/model';
import type { Platform } from '../platform/platform.ts';
import type { ChangeLog } from './change-log.ts';

export interface RecordPlatformChangesDeps {
  readonly platform: Pick<Platform, 'state' | 'onChange'>;
  readonly changes: Pick<ChangeLog, 'record'>;
  /** What the log calls this controller. */
  readonly controller: ResourceRef;
  /** When this process started, milliseconds since the epoch. */
  readonly startedAtMs: number;
}

const ACTOR = 'the runtime';

/**
 * Puts on record what nobody asked for: instances that died and were started again, rollouts that failed, and this
 * controller's own return. Gives the function that stops it. What happened while the controller was away is not seen.
 */
export function recordPlatformChanges(deps: RecordPlatformChangesDeps): () => void {
  const { platform, changes } = deps;
  let before: PlatformState | null = null;

  function look(): void {
    const now = platform.state();
    if (now.revision === 0 || now === before) return;
    if (before === null) recordReturn(deps, now);
    else {
      recordRestarts(before, now);
      recordFailedRollouts(before, now);
    }
    before = now;
  }

  function recordRestarts(last: PlatformState, now: PlatformState): void {
    const restartsBefore = new Map(last.instances.map((each) => [keyOf(each.ref), each.restarts]));
    for (const { ref, restarts, reason } of now.instances) {
      const known = restartsBefore.get(keyOf(ref));
      if (known === undefined || restarts <= known) continue;
      const why = reason === null ? '' : `: ${reason}`;
      const message = `${ref.name} ended and was started again${why}`;
      changes.record({ verb: 'instance-restarted', subject: ref, message, actor: ACTOR });
    }
  }

  function recordFailedRollouts(last: PlatformState, now: PlatformState): void {
    const stepBefore = new Map(last.rollouts.map(({ id, step }) => [id, step]));
    for (const rollout of now.rollouts) {
      if (rollout.step !== 'failed' || stepBefore.get(rollout.id) === 'failed') continue;
      const message = describeFailure(rollout);
      changes.record({ verb: 'rolled', subject: rollout.workload, message, actor: ACTOR });
    }
  }

  look();
  return platform.onChange(look);
}

/** A proxy that is ready holds a certificate, so if it is older than this process, an earlier controller gave it. */
function recordReturn(deps: RecordPlatformChangesDeps, state: PlatformState): void {
  const olderProxy = (instance: InstanceState): boolean =>
    instance.proxy?.ready === true && instance.startedAtMs < deps.startedAtMs;
  if (!state.instances.some(olderProxy)) return;
  deps.changes.record({
    verb: 'controller-restarted',
    subject: deps.controller,
    message: `${deps.controller.name} came back; the proxies kept forwarding meanwhile`,
    actor: ACTOR,
  });
}

function describeFailure({ cause, workload, message }: RolloutState): string {
  const why = message ?? 'no reason was given';
  switch (cause) {
    case 'inject':
      return `${workload.name} could not be brought into the mesh: ${why}`;
    case 'uninject':
      return `${workload.name} could not be taken out of the mesh: ${why}`;
    case 'restart':
      return `${workload.name} could not be restarted: ${why}`;
  }
}
