'use client';
import type { ChangeEvent } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { EmptyState } from '@/components/ui/state/states.tsx';
import { clockOrDate } from '@/lib/format/time.ts';
import { useNow } from '@/lib/format/use-now.ts';
import classes from './change-list.module.css';

export interface ChangeListProps {
  /** Newest first. */
  changes: readonly ChangeEvent[];
}

/** What somebody or something changed, newest first. */
export function ChangeList({ changes }: ChangeListProps) {
  const nowMs = useNow();
  return (
    <Card title="What changed" padded={false}>
      {changes.length === 0 ? (
        <EmptyState title="Nothing was changed">
          Injections, saved routes and restarts are listed here with who did them.
        </EmptyState>
      ) : (
        <ol className={classes['list']}>
          {changes.map((change) => (
            <li key={change.id} className={classes['change']}>
              <time className={classes['time']} dateTime={new Date(change.atMs).toISOString()}>
                {clockOrDate(change.atMs, nowMs)}
              </time>
              <span className={classes['message']}>{withSubject(change)}</span>
              <span className={classes['actor']}>{change.actor}</span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

/** The message with its subject's name set off, where it starts with it. */
function withSubject({ message, subject }: ChangeEvent) {
  if (!message.startsWith(`${subject.name} `)) return message;
  return (
    <>
      <b>{subject.name}</b>
      {message.slice(subject.name.length)}
    </>
  );
}
