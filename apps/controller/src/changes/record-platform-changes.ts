import {
  keyOf,
  type ChangeVerb,
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
  /** Told when a change could not be put on record, on a full disk say; nothing else fails with it. */
  readonly onFault: (error: unknown) => void;
}

const ACTOR = 'the runtime';

/**
 * Puts on record what nobody asked for: instances that died and were started again, rollouts that failed, and this
 * controller's own return. Gives the function that stops it. What happened while the controller was away is not seen.
 */
export function recordPlatformChanges(deps: RecordPlatformChangesDeps): () => void {
  const { platform } = deps;
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
      record(deps, 'instance-restarted', ref, message);
    }
  }

  function recordFailedRollouts(last: PlatformState, now: PlatformState): void {
    const stepBefore = new Map(last.rollouts.map(({ id, step }) => [id, step]));
    for (const rollout of now.rollouts) {
      if (rollout.step !== 'failed' || stepBefore.get(rollout.id) === 'failed') continue;
      const message = describeFailure(rollout);
      record(deps, 'rolled', rollout.workload, message);
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
  const message = `${deps.controller.name} came back; the proxies kept forwarding meanwhile`;
  record(deps, 'controller-restarted', deps.controller, message);
}

/** We are called while the platform tells of a change: a record that fails must not keep that from the others. */
function record(
  { changes, onFault }: RecordPlatformChangesDeps,
  verb: ChangeVerb,
  subject: ResourceRef,
  message: string,
): void {
  try {
    changes.record({ verb, subject, message, actor: ACTOR });
  } catch (error) {
    onFault(error);
  }
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
