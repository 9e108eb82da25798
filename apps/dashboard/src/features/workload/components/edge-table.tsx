import type { EdgeRow } from '@tulle/model';
import { keyOf } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { DataTable } from '@/components/ui/data-table/data-table.tsx';
import type { Column } from '@/components/ui/data-table/data-table.tsx';
import { HealthMark } from '@/components/ui/health-mark/health-mark.tsx';
import { Num } from '@/components/ui/num/num.tsx';
import { EmptyState } from '@/components/ui/state/states.tsx';
import { Tag } from '@/components/ui/tag/tag.tsx';
import { bytes, milliseconds, NO_DATA, percent, perSecond, plain } from '@/lib/format/quantity.ts';
import { successTone } from '@/lib/format/success-tone.ts';
import { workloadAddress } from '@/lib/navigation/addresses.ts';
import { channelOf } from '../view-model/edge-channel.ts';

export interface EdgeTableProps {
  /** "Called by" or "Calls". */
  title: string;
  /** Said where there is no edge. */
  empty: string;
  edges: readonly EdgeRow[];
}

const COLUMNS: readonly Column<EdgeRow>[] = [
  {
    key: 'peer',
    header: 'Workload',
    narrow: 'title',
    cell: ({ peer, peerHealth }) => (
      <>
        <HealthMark health={peerHealth} />
        {peer?.name ?? 'outside the mesh'}
      </>
    ),
  },
  {
    key: 'success',
    header: 'Success',
    align: 'right',
    cell: ({ golden }) => (
      <Num
        quantity={golden === null ? NO_DATA : percent(golden.successRate)}
        tone={successTone(golden)}
      />
    ),
  },
  { key: 'requests', header: 'Requests', align: 'right', cell: trafficCell },
  {
    key: 'p95',
    header: 'P95',
    align: 'right',
    cell: ({ golden }) =>
      golden === null ? null : <Num quantity={milliseconds(golden.latencyP95Ms)} />,
  },
  {
    key: 'channel',
    header: 'Channel',
    narrow: 'aside',
    width: '22%',
    cell: (edge) => {
      const { words, tone, hint } = channelOf(edge);
      return (
        <Tag tone={tone} hint={hint}>
          {words}
        </Tag>
      );
    },
  },
];

/** Who calls the workload, or whom it calls, with the numbers and the security of each edge. */
export function EdgeTable({ title, empty, edges }: EdgeTableProps) {
  return (
    <Card title={title} padded={false}>
      {edges.length === 0 ? (
        <EmptyState title={empty}>Nothing was seen in the last minute.</EmptyState>
      ) : (
        <DataTable
          label={title}
          columns={COLUMNS}
          rows={edges}
          rowKey={(edge) => (edge.peer === null ? `outside ${edge.security}` : keyOf(edge.peer))}
          href={({ peer }) => (peer === null ? null : workloadAddress(peer))}
        />
      )}
    </Card>
  );
}

function trafficCell({ golden, tcp }: EdgeRow) {
  if (golden !== null) return <Num quantity={perSecond(golden.requestsPerSecond)} />;
  if (tcp === null) return null;
  const written = plain(bytes(tcp.writeBytesPerSecond, '/s'));
  return <Num quantity={bytes(tcp.readBytesPerSecond, '/s')} hint={`read; ${written} written`} />;
}
