import type { RolloutState, RolloutStep, RolloutView } from '@tulle/model';

/** One line of the progress list. */
export interface ProgressStep {
  readonly label: string;
  readonly detail: string | null;
  readonly state: 'done' | 'now' | 'to-come' | 'failed';
}

export interface RolloutProgress {
  readonly kind: 'running' | 'done' | 'failed';
  readonly injecting: boolean;
  readonly headline: string;
  readonly steps: readonly ProgressStep[];
}

/** Steps of the platform in order; `failed` stands where it stopped. */
const ORDER: readonly RolloutStep[] = ['starting', 'waiting-ready', 'draining-old', 'done'];

/**
 * What the drawer shows of a rollout. Injecting is only done when a request has been answered through the new proxy;
 * a workload nobody calls stays at that last step, which says so.
 */
export function rolloutProgress(view: RolloutView, rollout: RolloutState): RolloutProgress {
  const injecting = rollout.cause === 'inject';
  const { name } = rollout.workload;
  const steps = [
    ...platformSteps(rollout, injecting),
    ...(injecting ? [firstRequestStep(view, rollout)] : []),
  ];
  if (rollout.step === 'failed') {
    const goal = injecting ? 'not brought into the mesh' : 'not taken out of the mesh';
    return { kind: 'failed', injecting, headline: `${name} was ${goal}`, steps };
  }
  const finished = rollout.step === 'done' && (!injecting || view.firstRequestAtMs !== null);
  if (finished) {
    const goal = injecting ? 'in the mesh' : 'outside the mesh';
    return { kind: 'done', injecting, headline: `${name} is ${goal}`, steps };
  }
  const whom = rollout.total === 1 ? 'its instance' : `its ${rollout.total} instances`;
  const headline = rollout.step === 'done' ? 'Waiting for its first request' : `Replacing ${whom}`;
  return { kind: 'running', injecting, headline, steps };
}

function platformSteps(rollout: RolloutState, injecting: boolean): readonly ProgressStep[] {
  const { replaced, total, step, message } = rollout;
  const at = step === 'failed' ? failedAt(rollout) : ORDER.indexOf(step);
  const progress = total > 1 ? `${replaced} of ${total} instances replaced` : null;
  const labels = [
    injecting ? 'Start a new instance with its proxy' : 'Start a new instance without a proxy',
    'Wait until it is ready',
    'Let the old instance finish what it has begun',
  ];
  return labels.map((label, index) => {
    const current = index === at;
    if (step === 'failed' && current) return { label, detail: message, state: 'failed' };
    const state = index < at ? 'done' : current ? 'now' : 'to-come';
    return { label, detail: current ? progress : null, state };
  });
}

/** The platform does not say in which step it failed; nothing replaced means it never became ready. */
function failedAt({ replaced }: RolloutState): number {
  return replaced === 0 ? 1 : 2;
}

function firstRequestStep({ firstRequestAtMs }: RolloutView, rollout: RolloutState): ProgressStep {
  const label = 'First request through the new proxy';
  if (firstRequestAtMs !== null) {
    const seconds = Math.max(0, (firstRequestAtMs - rollout.startedAtMs) / 1000).toFixed(1);
    return { label, detail: `${seconds} s after the click`, state: 'done' };
  }
  if (rollout.step !== 'done') return { label, detail: null, state: 'to-come' };
  return { label, detail: 'It is in place and waits for traffic.', state: 'now' };
}
