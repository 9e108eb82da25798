import { groupThousands } from '@/lib/format/quantity.ts';
import { span } from '@/lib/format/time.ts';
import type { TapSnapshot } from '../data/tap-store.ts';

/** "453 of 12,908 shown, none dropped, oldest 4 min": what the list is and what it is not. */
export function tapCountText(snapshot: TapSnapshot, nowMs: number): string {
  const { passing, kept, dropped, forgotten, oldestAtMs } = snapshot;
  const parts = [
    `${groupThousands(passing)} of ${groupThousands(kept)} shown`,
    dropped === 0 ? 'none dropped' : `${groupThousands(dropped)} dropped on the way`,
  ];
  if (forgotten > 0) parts.push(`${groupThousands(forgotten)} older ones let go`);
  if (oldestAtMs !== null) parts.push(`oldest ${span(nowMs - oldestAtMs)}`);
  return parts.join(', ');
}
