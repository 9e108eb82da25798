import type { StreamNotice } from '@tulle/live';
import { span } from '@/lib/format/time.ts';
import { countOf } from '@/lib/format/words.ts';
import type { TapStatus } from '../data/use-tap.ts';
import classes from './tap-view.module.css';

interface TapNoticesProps {
  status: TapStatus;
  notice: StreamNotice | null;
  missedMs: number | null;
}

/** What the tap has to say about itself: nothing while all is as asked. */
export function TapNotices({ status, notice, missedMs }: TapNoticesProps) {
  const lines = [statusLine(status), noticeLine(notice), missedLine(missedMs)].filter(
    (line) => line !== null,
  );
  if (lines.length === 0) return null;
  return (
    <output className={classes['notices']}>
      {lines.map((line) => (
        <span key={line}>{line}</span>
      ))}
    </output>
  );
}

function statusLine(status: TapStatus): string | null {
  if (status === 'lost') {
    return 'The connection is lost. What arrived is kept; the tap goes on by itself when it is back.';
  }
  return status === 'hidden' ? 'The tap rests while this tab is hidden.' : null;
}

function noticeLine(notice: StreamNotice | null): string | null {
  if (notice === null) return null;
  if (notice.message !== null) return notice.message;
  const { proxiesAnswered, proxiesExpected } = notice;
  if (proxiesAnswered >= proxiesExpected) return null;
  return `${proxiesAnswered} of ${countOf(proxiesExpected, 'proxy')} answer the tap.`;
}

/** A glance at another tab is not worth a line. */
function missedLine(missedMs: number | null): string | null {
  if (missedMs === null || missedMs < 2000) return null;
  return `The tap rested for ${span(missedMs)} while this tab was hidden; what passed then is not shown.`;
}
