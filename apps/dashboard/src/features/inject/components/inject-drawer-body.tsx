'use client';
import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { keyOf, TulleError } from '@tulle/model';
import type { InjectRequest, RolloutView, WorkloadRef } from '@tulle/model';
import { useState } from 'react';
import { Command } from '@/components/ui/command/command.tsx';
import { ErrorState, LoadingState } from '@/components/ui/state/states.tsx';
import { useLiveState } from '@/lib/live/use-live-state.ts';
import { injectPlanQuery } from '../data/inject-plan.ts';
import { setInject } from '../data/set-inject.ts';
import { actionLabel, injectCommand } from '../view-model/inject-words.ts';
import { rolloutProgress } from '../view-model/rollout-progress.ts';
import type { RolloutProgress } from '../view-model/rollout-progress.ts';
import { InjectPlanView } from './inject-plan-view.tsx';
import { RolloutSteps } from './rollout-steps.tsx';
import classes from './inject-drawer.module.css';

interface InjectDrawerBodyProps {
  workload: WorkloadRef;
  to: InjectRequest['inject'];
  onClose: () => void;
}

/** First the plan, then (after the click, or when a rollout is already under way) its progress. */
export function InjectDrawerBody({ workload, to, onClose }: InjectDrawerBodyProps) {
  const live = useLiveState('rollout', { workload: keyOf(workload) });
  const [started, setStarted] = useState<RolloutView | null>(null);
  const change = useMutation({
    mutationFn: async (inject: InjectRequest['inject']) => setInject(workload, inject),
    onSuccess: setStarted,
  });
  const progress = progressOf(live.data, started);
  if (progress === null) {
    return (
      <PlanStep
        workload={workload}
        to={to}
        busy={change.isPending}
        error={change.error}
        onConfirm={() => {
          change.mutate(to);
        }}
        onClose={onClose}
      />
    );
  }
  const forth: InjectRequest['inject'] = progress.injecting ? 'enabled' : 'disabled';
  const back: InjectRequest['inject'] = progress.injecting ? 'disabled' : 'enabled';
  return (
    <>
      <div className={classes['scroll']}>
        <RolloutSteps progress={progress} />
        {change.error === null ? null : (
          <ErrorState title="It could not be undone" error={TulleError.from(change.error)}>
            Nothing was changed; it stays as it is now.
          </ErrorState>
        )}
      </div>
      <div className={classes['foot']}>
        <Command text={injectCommand(workload, progress.kind === 'done' ? back : forth)} />
        <div className={classes['buttons']}>
          {progress.kind === 'done' ? (
            <Button
              loading={change.isPending}
              onClick={() => {
                change.mutate(back);
              }}
            >
              {actionLabel(workload, back)}
            </Button>
          ) : null}
          {progress.kind === 'failed' ? (
            <Button
              loading={change.isPending}
              onClick={() => {
                change.mutate(forth);
              }}
            >
              Try again
            </Button>
          ) : null}
          <Button variant="filled" onClick={onClose}>
            {progress.kind === 'running' ? 'Continue in the background' : 'Close'}
          </Button>
        </div>
      </div>
    </>
  );
}

/**
 * The rollout to show: the one this drawer started (the live topic tells it from then on), or one that somebody
 * started before and that still runs. Null for none: then the plan is shown.
 */
function progressOf(
  live: RolloutView | undefined,
  started: RolloutView | null,
): RolloutProgress | null {
  const own = started?.rollout ?? null;
  if (own !== null) {
    const isNewer = live?.rollout != null && live.rollout.startedAtMs >= own.startedAtMs;
    const view: RolloutView = isNewer ? live : { rollout: own, firstRequestAtMs: null };
    return rolloutProgress(view, view.rollout ?? own);
  }
  const running = live?.rollout ?? null;
  if (live === undefined || running === null || running.cause === 'restart') return null;
  return running.endedAtMs === null ? rolloutProgress(live, running) : null;
}

interface PlanStepProps extends InjectDrawerBodyProps {
  busy: boolean;
  error: Error | null;
  onConfirm: () => void;
}

function PlanStep({ workload, to, busy, error, onConfirm, onClose }: PlanStepProps) {
  const plan = useQuery(injectPlanQuery(workload, to));
  const blocked = plan.data?.findings.some(({ kind }) => kind === 'blocked') ?? true;
  return (
    <>
      <div className={classes['scroll']}>
        {plan.isPending ? <LoadingState what="what will change" rows={5} /> : null}
        {plan.error === null ? null : (
          <ErrorState
            title="What will change could not be found out"
            error={plan.error}
            action={<Button onClick={() => void plan.refetch()}>Ask again</Button>}
          />
        )}
        {plan.data === undefined ? null : <InjectPlanView plan={plan.data} />}
        {error === null ? null : (
          <ErrorState title={`${workload.name} was not changed`} error={TulleError.from(error)}>
            Its instances go on as before.
          </ErrorState>
        )}
      </div>
      <div className={classes['foot']}>
        <Command text={injectCommand(workload, to)} />
        <div className={classes['buttons']}>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="filled" disabled={blocked} loading={busy} onClick={onConfirm}>
            {actionLabel(workload, to)}
          </Button>
        </div>
      </div>
    </>
  );
}
