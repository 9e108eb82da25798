'use client';
import type { WorkloadView } from '@tulle/model';
import { Foot } from '@/components/ui/foot/foot.tsx';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { Tag } from '@/components/ui/tag/tag.tsx';
import { ChangeList } from '@/features/changes/components/change-list.tsx';
import { FailureCard } from '@/features/why/index.ts';
import { hintOf, queryOf, statCommand } from '@/lib/format/queries.ts';
import { whyAddress } from '@/lib/navigation/addresses.ts';
import { useNow } from '@/lib/format/use-now.ts';
import { identityWords, meshedTag } from '../view-model/workload-head.ts';
import { EdgeTable } from './edge-table.tsx';
import { InstanceTable } from './instance-table.tsx';
import { OutsideNote } from './outside-note.tsx';
import { RouteTables } from './route-table.tsx';
import type { ChartData } from './use-chart-data.ts';
import { WorkloadActions } from './workload-actions.tsx';
import { WorkloadCharts } from './workload-charts.tsx';
import classes from './workload-content.module.css';

export interface WorkloadContentProps {
  view: WorkloadView;
  charts: ChartData;
  onInject: () => void;
}

/** A workload's page with its data. */
export function WorkloadContent({ view, charts, onInject }: WorkloadContentProps) {
  const { row, provenance, services } = view;
  const { ref } = row;
  return (
    <>
      <PageHead
        title={ref.name}
        health={row.health}
        actions={<WorkloadActions view={view} onInject={onInject} />}
      >
        <HeadWords view={view} />
      </PageHead>
      {row.health === 'outside' ? (
        <OutsideNote name={ref.name} onInject={onInject} />
      ) : (
        <div className={classes['grid']}>
          <WorkloadCharts
            row={row}
            changes={view.changes}
            data={charts}
            hint={(measure) => hintOf(queryOf(measure, ref, provenance.windowSeconds), provenance)}
          />
          <div id="failures" className={classes['cell']}>
            <FailureCard
              failures={view.failures}
              windowSeconds={provenance.windowSeconds}
              whyHref={whyAddress(ref)}
            />
          </div>
        </div>
      )}
      <div className={classes['grid']}>
        <EdgeTable title="Called by" empty={`Nobody calls ${ref.name}`} edges={view.calledBy} />
        <EdgeTable title="Calls" empty={`${ref.name} calls nobody`} edges={view.calls} />
      </div>
      <RouteTables routes={view.routes} services={services} />
      <InstanceTable instances={view.instances} />
      <ChangeList changes={view.changes} />
      <Foot command={statCommand(ref)} provenance={provenance} />
    </>
  );
}

function HeadWords({ view }: { view: WorkloadView }) {
  const nowMs = useNow();
  const tag = meshedTag(view);
  const identity = identityWords(view, nowMs);
  return (
    <>
      <Tag tone={tag.tone}>{tag.words}</Tag>
      {identity === null ? null : <span data-hint={view.identity}>{identity}</span>}
    </>
  );
}
