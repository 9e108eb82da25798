'use client';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { keyOf } from '@tulle/model';
import type { InjectRequest, TulleError, WorkloadRef, WorkloadView } from '@tulle/model';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { InjectDrawer } from '@/features/inject/index.ts';
import { LiveWaiting } from '@/features/shell/components/live-waiting.tsx';
import { useLiveState } from '@/lib/live/use-live-state.ts';
import { useChartData } from './use-chart-data.ts';
import { WorkloadContent } from './workload-content.tsx';

export interface WorkloadPageProps {
  workload: WorkloadRef;
}

/** One workload: its golden metrics over time, its neighbours, routes and instances. */
export function WorkloadPage({ workload }: WorkloadPageProps) {
  const { data, stale, error } = useLiveState('workload', { workload: keyOf(workload) });
  const charts = useChartData(workload);
  const [opened, drawer] = useDisclosure(false);
  // Kept while the drawer is open: the workload becomes meshed under it, and the drawer still tells that story.
  const [to, setTo] = useState<InjectRequest['inject']>('enabled');
  if (data === undefined) return <WorkloadWaiting workload={workload} error={error} />;
  const openDrawer = () => {
    setTo(injectionOf(data));
    drawer.open();
  };
  return (
    <>
      <div className="page" data-stale={stale}>
        <WorkloadContent view={data} charts={charts} onInject={openDrawer} />
      </div>
      <InjectDrawer workload={workload} to={to} opened={opened} onClose={drawer.close} />
    </>
  );
}

interface WorkloadWaitingProps {
  workload: WorkloadRef;
  error: TulleError | null;
}

/** Before the first answer, or instead of one. */
export function WorkloadWaiting({ workload, error }: WorkloadWaitingProps) {
  return (
    <>
      <PageHead title={workload.name} />
      <LiveWaiting
        what={`the numbers of ${workload.name}`}
        error={error}
        failure={
          error?.code === 'not_found'
            ? `No ${workload.kind} named ${workload.name} runs in ${workload.namespace}`
            : `${workload.name} could not be read`
        }
      />
    </>
  );
}

function injectionOf({ row }: WorkloadView): InjectRequest['inject'] {
  return row.meshed.meshed === 0 ? 'enabled' : 'disabled';
}
