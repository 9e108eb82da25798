import type { ReactNode } from 'react';
import classes from './tag.module.css';

export type TagTone = 'quiet' | 'accent' | 'ok' | 'warn' | 'bad' | 'blue';

export interface TagProps {
  tone?: TagTone;
  /** Monospace, for what a person could type. */
  mono?: boolean;
  /** Shown on hover, see HintLayer. */
  hint?: string;
  children: ReactNode;
}

/** A small word about the thing it stands beside: "outside", "2 of 2 meshed", "mutual TLS". */
export function Tag({ tone = 'quiet', mono = false, hint, children }: TagProps) {
  return (
    <span className={classes['tag']} data-tone={tone} data-mono={mono} data-hint={hint}>
      {children}
    </span>
  );
}
