import { Loader, VisuallyHidden } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import type { ProgressStep, RolloutProgress } from '../view-model/rollout-progress.ts';
import classes from './inject-drawer.module.css';

const STATE_WORDS: Readonly<Record<ProgressStep['state'], string>> = {
  done: 'done',
  now: 'under way',
  'to-come': 'to come',
  failed: 'failed',
};

/** The rollout as a list that fills from the top; the headline is told to a screen reader as it changes. */
export function RolloutSteps({ progress }: { progress: RolloutProgress }) {
  return (
    <>
      <output className={classes['headline']} data-kind={progress.kind}>
        {progress.headline}
      </output>
      <ol className={classes['steps']}>
        {progress.steps.map((step) => (
          <li key={step.label} className={classes['step']} data-state={step.state}>
            <span className={classes['stepMark']} data-state={step.state}>
              {markOf(step.state)}
              <VisuallyHidden>{STATE_WORDS[step.state]}</VisuallyHidden>
            </span>
            <div className={classes['words']}>
              <span>{step.label}</span>
              {step.detail === null ? null : (
                <span className={classes['detail']}>{step.detail}</span>
              )}
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}

function markOf(state: ProgressStep['state']) {
  switch (state) {
    case 'done':
      return <IconCheck size={11} stroke={3} />;
    case 'now':
      return <Loader size={14} />;
    case 'to-come':
      return null;
    case 'failed':
      return <IconX size={11} stroke={3} />;
  }
}
