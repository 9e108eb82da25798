import { VisuallyHidden } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconX } from '@tabler/icons-react';
import type { InjectPlan, PlanFinding } from '@tulle/model';
import { planSentence } from '../view-model/inject-words.ts';
import classes from './inject-drawer.module.css';

/** What a click will do, said before it is done. */
export function InjectPlanView({ plan }: { plan: InjectPlan }) {
  return (
    <>
      <p className={classes['lead']}>{planSentence(plan)}</p>
      {plan.findings.length === 0 ? null : (
        <ul className={classes['findings']}>
          {plan.findings.map((finding) => (
            <Finding key={finding.title} finding={finding} />
          ))}
        </ul>
      )}
      {plan.written.length === 0 ? null : (
        <section className={classes['written']} aria-label="What is written">
          <h3 className={classes['heading']}>What is written</h3>
          <pre className={classes['lines']}>
            {plan.written.map((line) => (
              <span key={line} data-sign={line[0]}>{`${line}\n`}</span>
            ))}
          </pre>
        </section>
      )}
    </>
  );
}

const KIND_WORDS: Readonly<Record<PlanFinding['kind'], string>> = {
  ok: 'well',
  warning: 'note',
  blocked: 'blocked',
};

function Finding({ finding }: { finding: PlanFinding }) {
  const { kind, title, detail, figure } = finding;
  return (
    <li className={classes['finding']}>
      <span className={classes['mark']} data-kind={kind}>
        {iconOf(kind)}
        <VisuallyHidden>{KIND_WORDS[kind]}</VisuallyHidden>
      </span>
      <div className={classes['words']}>
        <span className={classes['findingTitle']}>{title}</span>
        <span className={classes['detail']}>{detail}</span>
      </div>
      {figure === null ? null : <span className={classes['figure']}>{figure}</span>}
    </li>
  );
}

function iconOf(kind: PlanFinding['kind']) {
  switch (kind) {
    case 'ok':
      return <IconCheck size={11} stroke={3} />;
    case 'warning':
      return <IconAlertTriangle size={16} stroke={1.8} />;
    case 'blocked':
      return <IconX size={11} stroke={3} />;
  }
}
