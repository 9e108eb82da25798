'use client';
import type { OverviewView, WorkloadRef } from '@tulle/model';
import { useSort } from '@/components/ui/data-table/use-sort.ts';
import { Foot } from '@/components/ui/foot/foot.tsx';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { EmptyState } from '@/components/ui/state/states.tsx';
import { ChangeList } from '@/features/changes/components/change-list.tsx';
import { meshTree } from '@/features/shell/view-model/mesh-tree.ts';
import { WorkloadTable } from '@/features/workloads/components/workload-table.tsx';
import { byUrgency } from '@/features/workloads/view-model/by-urgency.ts';
import { headlineOf } from '../view-model/overview-headline.ts';
import { AttentionList } from './attention-list.tsx';

export interface OverviewContentProps {
  overview: OverviewView;
  onInject: (workload: WorkloadRef) => void;
}

/** The overview with its data: what needs you, every namespace, what changed, and where the numbers come from. */
export function OverviewContent({ overview, onInject }: OverviewContentProps) {
  const [sort, setSort] = useSort();
  const { title, note } = headlineOf(overview);
  const groups = meshTree(overview.workloads);
  return (
    <>
      <PageHead title={title}>{note}</PageHead>
      <AttentionList overview={overview} onInject={onInject} />
      {groups.length === 0 ? (
        <EmptyState title="No workload is described">
          Add one to mesh.yaml, or start with another file: npm start -- --file path/to/mesh.yaml
        </EmptyState>
      ) : null}
      {groups.map(({ namespace, rows }) => (
        <WorkloadTable
          key={namespace}
          title={namespace}
          rows={byUrgency(rows)}
          provenance={overview.provenance}
          sort={sort}
          onSort={setSort}
        />
      ))}
      <ChangeList changes={overview.changes} />
      <Foot
        command={commandFor(groups.map(({ namespace }) => namespace))}
        provenance={overview.provenance}
      />
    </>
  );
}

function commandFor(namespaces: readonly string[]): string {
  const [only, ...others] = namespaces;
  const where = only !== undefined && others.length === 0 ? `-n ${only}` : '-A';
  return `tulle viz stat deploy ${where}`;
}
