'use client';
import { useState } from 'react';
import type { WorkloadRef } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { ErrorState, LoadingState } from '@/components/ui/state/states.tsx';
import { InjectDrawer } from '@/features/inject/index.ts';
import { useLiveState } from '@/lib/live/use-live-state.ts';
import { OverviewContent } from './overview-content.tsx';

const NO_PARAMS = {};

/** The whole mesh, refreshed each second. */
export function OverviewPage() {
  const { data, stale, error } = useLiveState('overview', NO_PARAMS);
  const [injecting, setInjecting] = useState<WorkloadRef | null>(null);
  if (data === undefined) return <OverviewWaiting error={error} />;
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

/** Before the first answer: the page's shape, or why there is none. */
export function OverviewWaiting({ error }: { error: Error | null }) {
  return (
    <>
      <PageHead title="Overview" />
      <Card padded={false}>
        {error === null ? (
          <LoadingState what="the first numbers" rows={6} />
        ) : (
          <ErrorState title="The overview could not be read" error={error}>
            It is asked for again every few seconds.
          </ErrorState>
        )}
      </Card>
    </>
  );
}
