import type { ReactNode } from 'react';
import classes from './quiet-text.module.css';

export interface QuietTextProps {
  hint?: string | undefined;
  children: ReactNode;
}

/** Words that are there when looked for: kinds, counts, routes. */
export function QuietText({ hint, children }: QuietTextProps) {
  return (
    <span className={classes['quiet']} data-hint={hint === '' ? undefined : hint}>
      {children}
    </span>
  );
}
