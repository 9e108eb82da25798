import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import type { TulleError } from '@tulle/model';
import { HealthMark } from '../health-mark/health-mark.tsx';
import classes from './states.module.css';

export interface EmptyStateProps {
  /** What is not there: "Nothing calls vote-bot". */
  title: string;
  /** Why, and what would fill it. */
  children?: ReactNode;
  action?: ReactNode;
}

/** Said in place of content that does not exist (yet). */
export function EmptyState({ title, children, action }: EmptyStateProps) {
  return (
    <div className={classes['state']} data-state="empty">
      <p className={classes['title']}>{title}</p>
      {children === undefined ? null : <p className={classes['words']}>{children}</p>}
      {action}
    </div>
  );
}

export interface ErrorStateProps {
  /** What could not be done: "The overview could not be read". */
  title: string;
  error: Pick<TulleError, 'message'>;
  /** What was kept, or what to do. */
  children?: ReactNode;
  action?: ReactNode;
}

/** Said when something failed: what, why, what was kept and what to do. */
export function ErrorState({ title, error, children, action }: ErrorStateProps) {
  return (
    <div className={classes['state']} data-state="error" role="alert">
      <p className={classes['title']}>
        <HealthMark health="failing" silent />
        {title}
      </p>
      <p className={classes['words']}>{error.message}</p>
      {children === undefined ? null : <p className={classes['words']}>{children}</p>}
      {action}
    </div>
  );
}

export interface LoadingStateProps {
  /** What is awaited, for a screen reader: "the overview". */
  what: string;
  /** Rows of the shape to come. */
  rows?: number;
}

/** The shape of a table to come. Appears only after a moment, so that a quick answer does not flicker. */
export function LoadingState({ what, rows = 4 }: LoadingStateProps) {
  return (
    <output className={classes['loading']} aria-label={`Waiting for ${what}`}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={14} width={`${92 - ((row * 17) % 40)}%`} radius="xs" />
      ))}
    </output>
  );
}
