import type { RouteRow } from '@tulle/model';
import { Num } from '@/components/ui/num/num.tsx';
import { milliseconds, percent, perSecond } from '@/lib/format/quantity.ts';

/** The three figures of a route; empty until its first request. */
export function RouteNumbers({ numbers, stale }: { numbers: RouteRow | null; stale: boolean }) {
  const golden = numbers?.golden ?? null;
  const failing = (golden?.failureCount ?? 0) > 0;
  return (
    <>
      <td data-align="right" data-stale={stale} data-label="success">
        <Num quantity={percent(golden?.successRate ?? null)} tone={failing ? 'failing' : 'plain'} />
      </td>
      <td data-align="right" data-stale={stale} data-label="requests">
        {golden === null ? null : <Num quantity={perSecond(golden.requestsPerSecond)} />}
      </td>
      <td data-align="right" data-stale={stale} data-label="P99">
        {golden === null ? null : <Num quantity={milliseconds(golden.latencyP99Ms)} />}
      </td>
    </>
  );
}
