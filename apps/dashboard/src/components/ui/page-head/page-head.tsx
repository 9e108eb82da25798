import type { ReactNode } from 'react';
import type { Health } from '@tulle/model';
import { HealthMark } from '../health-mark/health-mark.tsx';
import classes from './page-head.module.css';

export interface PageHeadProps {
  title: ReactNode;
  /** The mark before the title. */
  health?: Health | undefined;
  /** Tags and a quiet line after the title. */
  children?: ReactNode;
  /** Buttons at the right end; on a narrow screen they go below. */
  actions?: ReactNode;
}

/** A page's one h1, what is said beside it, and what can be done. */
export function PageHead({ title, health, children, actions }: PageHeadProps) {
  return (
    <div className={classes['head']}>
      <div className={classes['words']}>
        {health === undefined ? null : <HealthMark health={health} size={13} />}
        <h1 className={classes['title']}>{title}</h1>
        {children}
      </div>
      {actions === undefined ? null : <div className={classes['actions']}>{actions}</div>}
    </div>
  );
}
