'use client';
import { keyOf } from '@tulle/model';
import type { WorkloadRef } from '@tulle/model';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { LiveWaiting } from '@/features/shell/components/live-waiting.tsx';
import { useLiveState } from '@/lib/live/use-live-state.ts';
import { WhyContent } from './why-content.tsx';

/** What the failures of one workload have in common, each line a tap of just these. */
export function WhyPage({ workload }: { workload: WorkloadRef }) {
  const { data, stale, error } = useLiveState('why', { workload: keyOf(workload) });
  if (data === undefined) {
    return (
      <>
        <PageHead title={`Why ${workload.name} fails`} />
        <LiveWaiting
          what={`the failures of ${workload.name}`}
          error={error}
          failure={
            error?.code === 'not_found'
              ? `No ${workload.kind} named ${workload.name} runs in ${workload.namespace}`
              : `The failures of ${workload.name} could not be read`
          }
        />
      </>
    );
  }
  return (
    <div className="page" data-stale={stale}>
      <WhyContent view={data} />
    </div>
  );
}
