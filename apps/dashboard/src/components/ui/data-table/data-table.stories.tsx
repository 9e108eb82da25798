import type { Meta, StoryObj } from '@storybook/nextjs-vite';
import { useState } from 'react';
import type { WorkloadRow } from '@tulle/model';
import { EMOJI, VOTE_BOT, VOTING, WEB } from '@/fixtures/mesh.ts';
import { milliseconds, NO_INBOUND, percent, perSecond } from '@/lib/format/quantity.ts';
import { Card } from '../card/card.tsx';
import { HealthMark } from '../health-mark/health-mark.tsx';
import { Num } from '../num/num.tsx';
import { DataTable } from './data-table.tsx';
import type { Column, Sort } from './data-table.tsx';

const meta: Meta = { title: 'ui/DataTable' };
export default meta;

const COLUMNS: readonly Column<WorkloadRow>[] = [
  {
    key: 'name',
    header: 'Workload',
    narrow: 'title',
    sortBy: (row) => row.ref.name,
    cell: (row) => (
      <>
        <HealthMark health={row.health} />
        {row.ref.name}
      </>
    ),
  },
  {
    key: 'success',
    header: 'Success',
    align: 'right',
    narrow: 'aside',
    sortBy: (row) => row.golden?.successRate ?? null,
    cell: ({ golden, health }) => (
      <Num quantity={golden === null ? NO_INBOUND : percent(golden.successRate)} tone={health} />
    ),
  },
  {
    key: 'requests',
    header: 'Requests',
    align: 'right',
    sortBy: (row) => row.golden?.requestsPerSecond ?? null,
    cell: ({ golden }) =>
      golden === null ? null : <Num quantity={perSecond(golden.requestsPerSecond)} />,
  },
  {
    key: 'p99',
    header: 'P99',
    align: 'right',
    sortBy: (row) => row.golden?.latencyP99Ms ?? null,
    cell: ({ golden }) =>
      golden === null ? null : <Num quantity={milliseconds(golden.latencyP99Ms)} />,
  },
];

function Sortable({ dense = false }: { dense?: boolean }) {
  const [sort, setSort] = useState<Sort>('-p99');
  return (
    <Card title="emojivoto" padded={false}>
      <DataTable
        label="Workloads"
        columns={COLUMNS}
        rows={[WEB, VOTING, EMOJI, VOTE_BOT]}
        rowKey={(row) => row.ref.name}
        href={() => '#'}
        sort={sort}
        onSort={setSort}
        dense={dense}
      />
    </Card>
  );
}

export const Rows: StoryObj = { render: () => <Sortable /> };
export const Dense: StoryObj = { render: () => <Sortable dense /> };
export const Narrow: StoryObj = {
  render: () => <Sortable />,
  globals: { viewport: { value: 'mobile1' } },
};
