'use client';
import { useState } from 'react';
import type { WorkloadRef } from '@tulle/model';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { InjectDrawer } from '@/features/inject/index.ts';
import { LiveWaiting } from '@/features/shell/components/live-waiting.tsx';
import { useLiveState } from '@/lib/live/use-live-state.ts';
import { OverviewContent } from './overview-content.tsx';

const NO_PARAMS = {};

/** The whole mesh, refreshed each second. */
export function OverviewPage() {
  const { data, stale, error } = useLiveState('overview', NO_PARAMS);
  const [injecting, setInjecting] = useState<WorkloadRef | null>(null);
  if (data === undefined) {
    return (
      <>
        <PageHead title="Overview" />
        <LiveWaiting
          what="the first numbers"
          error={error}
          failure="The overview could not be read"
        />
      </>
    );
  }
  return (
    <>
      <div className="page" data-stale={stale}>
        <OverviewContent overview={data} onInject={setInjecting} />
      </div>
      {injecting === null ? null : (
        <InjectDrawer
          workload={injecting}
          to="enabled"
          opened
          onClose={() => {
            setInjecting(null);
          }}
        />
      )}
    </>
  );
}
