'use client';
import type { OverviewView, WorkloadKind } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { useSort } from '@/components/ui/data-table/use-sort.ts';
import { Foot } from '@/components/ui/foot/foot.tsx';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { EmptyState } from '@/components/ui/state/states.tsx';
import { ChangeList } from '@/features/changes/components/change-list.tsx';
import { LiveWaiting } from '@/features/shell/components/live-waiting.tsx';
import { WorkloadTable } from '@/features/workloads/components/workload-table.tsx';
import { byUrgency } from '@/features/workloads/view-model/by-urgency.ts';
import { countOf } from '@/lib/format/words.ts';
import { useLiveState } from '@/lib/live/use-live-state.ts';

const NO_PARAMS = {};

export interface NamespacePageProps {
  namespace: string;
  /** Only workloads of this kind; null for all. */
  kind: WorkloadKind | null;
}

/** The workloads of one namespace and what changed among them. */
export function NamespacePage({ namespace, kind }: NamespacePageProps) {
  const { data, stale, error } = useLiveState('overview', NO_PARAMS);
  const title = kind === null ? namespace : `${namespace}, ${kind}s`;
  if (data === undefined) {
    return (
      <>
        <PageHead title={title} />
        <LiveWaiting
          what={`the workloads of ${namespace}`}
          error={error}
          failure={`The workloads of ${namespace} could not be read`}
        />
      </>
    );
  }
  return (
    <div className="page" data-stale={stale}>
      <NamespaceContent overview={data} namespace={namespace} kind={kind} />
    </div>
  );
}

/** The page with its data. */
export function NamespaceContent(props: NamespacePageProps & { overview: OverviewView }) {
  const { overview, namespace, kind } = props;
  const [sort, setSort] = useSort();
  const rows = Object.values(overview.workloads).filter(
    ({ ref }) => ref.namespace === namespace && (kind === null || ref.kind === kind),
  );
  const meshed = rows.filter((row) => row.health !== 'outside').length;
  return (
    <>
      <PageHead title={namespace}>
        {kind === null ? 'namespace' : `${kind}s`}, {meshed} of {countOf(rows.length, 'workload')}{' '}
        meshed
      </PageHead>
      {rows.length === 0 ? (
        <Card padded={false}>
          <EmptyState title={`Nothing runs in ${namespace}`}>
            No workload{kind === null ? '' : ` of kind ${kind}`} of this namespace is known to the
            controller. Check the name, or describe one in mesh.yaml.
          </EmptyState>
        </Card>
      ) : (
        <WorkloadTable
          title="Workloads"
          rows={byUrgency(rows)}
          provenance={overview.provenance}
          sort={sort}
          onSort={setSort}
        />
      )}
      <ChangeList
        changes={overview.changes.filter(({ subject }) => subject.namespace === namespace)}
      />
      <Foot
        command={`tulle viz stat ${kind ?? 'deploy'} -n ${namespace}`}
        provenance={overview.provenance}
      />
    </>
  );
}
