'use client';
import { useMemo } from 'react';
import { keyOf } from '@tulle/model';
import type { Provenance, WorkloadRow } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { DataTable } from '@/components/ui/data-table/data-table.tsx';
import type { Sort } from '@/components/ui/data-table/data-table.tsx';
import { perSecond, plain } from '@/lib/format/quantity.ts';
import { countOf } from '@/lib/format/words.ts';
import { workloadAddress } from '@/lib/navigation/addresses.ts';
import { workloadColumns } from './workload-columns.tsx';

export interface WorkloadTableProps {
  /** The card's heading: a namespace's name. */
  title: string;
  rows: readonly WorkloadRow[];
  provenance: Provenance;
  sort: Sort;
  onSort: (sort: Sort) => void;
}

/** The workloads of one namespace with their golden metrics; each row opens its workload. */
export function WorkloadTable({ title, rows, provenance, sort, onSort }: WorkloadTableProps) {
  const columns = useMemo(() => workloadColumns(provenance), [provenance]);
  const requests = rows.reduce((sum, row) => sum + (row.golden?.requestsPerSecond ?? 0), 0);
  return (
    <Card
      title={title}
      note={`${countOf(rows.length, 'workload')}, ${plain(perSecond(requests))}`}
      padded={false}
    >
      <DataTable
        label={`Workloads of ${title}`}
        columns={columns}
        rows={rows}
        rowKey={(row) => keyOf(row.ref)}
        href={(row) => workloadAddress(row.ref)}
        sort={sort}
        onSort={onSort}
      />
    </Card>
  );
}
