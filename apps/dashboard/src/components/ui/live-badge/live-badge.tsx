'use client';
import type { ConnectionState } from '@tulle/live/client';
import { milliseconds, plain } from '@/lib/format/quantity.ts';
import { clock, span } from '@/lib/format/time.ts';
import { useNow } from '@/lib/format/use-now.ts';
import classes from './live-badge.module.css';

/** How long the badge says how blind the page was. */
const BLIND_SHOWN_MS = 20_000;

export interface LiveBadgeProps {
  connection: ConnectionState;
  onRetry?: () => void;
}

/** Whether the page shows now: live, reconnecting, stale since when, and afterwards how long it was blind. */
export function LiveBadge({ connection, onRetry }: LiveBadgeProps) {
  const nowMs = useNow();
  const { words, tone, hint } = badgeOf(connection, nowMs);
  return (
    <output className={classes['badge']} data-tone={tone} data-hint={hint}>
      <i className={classes['light']} aria-hidden />
      <span>{words}</span>
      {connection.kind === 'stale' && onRetry !== undefined ? (
        <button type="button" className={classes['retry']} onClick={onRetry}>
          Retry now
        </button>
      ) : null}
    </output>
  );
}

interface Badge {
  readonly words: string;
  readonly tone: 'live' | 'waiting' | 'stale';
  readonly hint: string;
}

/** The badge's words at `nowMs` of the viewer's clock. */
export function badgeOf(connection: ConnectionState, nowMs: number): Badge {
  switch (connection.kind) {
    case 'connecting':
      return { words: 'Connecting', tone: 'waiting', hint: 'Waiting for the controller.' };
    case 'stale':
      return {
        words: `Stale since ${clock(connection.sinceMs)}`,
        tone: 'stale',
        hint: `The controller does not answer. What you see is ${span(nowMs - connection.sinceMs)} old; traffic goes on without it. Trying again (attempt ${connection.attempt}).`,
      };
    case 'live':
      return liveBadge(connection, nowMs);
    case 'closed':
      return { words: 'Not connected', tone: 'stale', hint: 'Reload the page to connect.' };
  }
}

function liveBadge(connection: ConnectionState & { kind: 'live' }, nowMs: number): Badge {
  const hint = `Updated each second by the controller, version ${connection.version}.`;
  const { blindMs, sinceMs } = connection;
  if (blindMs === null || nowMs - sinceMs > BLIND_SHOWN_MS) {
    return { words: 'Live', tone: 'live', hint };
  }
  return { words: `Live, was blind for ${plain(milliseconds(blindMs))}`, tone: 'live', hint };
}
