'use client';
import type { TulleError } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { EmptyState, ErrorState, LoadingState } from '@/components/ui/state/states.tsx';
import { useConnection } from '@/lib/live/live-provider.tsx';

/** Attempts to connect after which waiting is worth a word. */
const PATIENT_ATTEMPTS = 2;

export interface LiveWaitingProps {
  /** What is awaited: "the numbers of web". */
  what: string;
  /** Why the topic was refused; null while it was only not answered yet. */
  error: TulleError | null;
  /** Said when it was refused: "web could not be read". */
  failure: string;
}

/** In place of a page whose first data has not come: its shape, then that nobody answers, or why it was refused. */
export function LiveWaiting({ what, error, failure }: LiveWaitingProps) {
  const connection = useConnection();
  if (error !== null) {
    return (
      <Card padded={false}>
        <ErrorState title={failure} error={error}>
          It is asked for again every few seconds.
        </ErrorState>
      </Card>
    );
  }
  if (connection.kind === 'connecting' && connection.attempt > PATIENT_ATTEMPTS) {
    return (
      <Card padded={false}>
        <EmptyState title="The controller does not answer yet">
          Traffic goes on without it. This page goes on by itself as soon as it answers; if it does
          not, look at the terminal where Tulle runs.
        </EmptyState>
      </Card>
    );
  }
  return (
    <Card padded={false}>
      <LoadingState what={what} rows={6} />
    </Card>
  );
}
