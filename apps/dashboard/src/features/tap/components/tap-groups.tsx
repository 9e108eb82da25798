'use client';
import { useMemo } from 'react';
import type { TapExchange } from '@tulle/model';
import { DataTable } from '@/components/ui/data-table/data-table.tsx';
import type { Column, Sort } from '@/components/ui/data-table/data-table.tsx';
import { Num } from '@/components/ui/num/num.tsx';
import { count, milliseconds } from '@/lib/format/quantity.ts';
import { clock } from '@/lib/format/time.ts';
import { groupRows } from '../view-model/group-rows.ts';
import type { TapGroup } from '../view-model/group-rows.ts';
import { similarFilter } from '../view-model/tap-row.ts';
import classes from './tap-groups.module.css';

interface TapGroupsProps {
  rows: readonly TapExchange[];
  sort: Sort;
  onSort: (sort: Sort) => void;
  onOnlyThese: (filter: string) => void;
}

/** The same exchanges, alike ones in one row: what `tulle viz top` shows. */
export function TapGroups({ rows, sort, onSort, onOnlyThese }: TapGroupsProps) {
  const groups = useMemo(() => groupRows(rows), [rows]);
  const columns = useMemo(() => columnsOf(onOnlyThese), [onOnlyThese]);
  return (
    <section className={classes['groups']} aria-label="Exchanges by kind">
      <DataTable
        label="Exchanges by kind"
        columns={columns}
        rows={groups}
        rowKey={({ key }) => key}
        sort={sort}
        onSort={onSort}
        dense
      />
    </section>
  );
}

function columnsOf(onOnlyThese: (filter: string) => void): readonly Column<TapGroup>[] {
  return [
    {
      key: 'request',
      header: 'Method and path',
      narrow: 'title',
      sortBy: ({ path }) => path,
      cell: ({ method, path, sample }) => (
        <button
          type="button"
          className={classes['request']}
          data-row-link
          data-hint="Show only these"
          onClick={() => onOnlyThese(similarFilter(sample))}
        >
          <span>{method}</span> {path}
        </button>
      ),
    },
    { key: 'source', header: 'From', sortBy: ({ source }) => source, cell: ({ source }) => source },
    {
      key: 'destination',
      header: 'To',
      sortBy: ({ destination }) => destination,
      cell: ({ destination }) => destination,
    },
    {
      key: 'count',
      header: 'Count',
      align: 'right',
      narrow: 'aside',
      sortBy: (group) => group.count,
      cell: (group) => <Num quantity={count(group.count)} />,
    },
    {
      key: 'failed',
      header: 'Failed',
      align: 'right',
      sortBy: ({ failed }) => failed,
      cell: ({ failed }) => (
        <Num quantity={count(failed)} tone={failed > 0 ? 'failing' : 'quiet'} />
      ),
    },
    {
      key: 'median',
      header: 'Median',
      align: 'right',
      sortBy: ({ medianMs }) => medianMs,
      cell: ({ medianMs }) => <Num quantity={milliseconds(medianMs)} />,
    },
    {
      key: 'worst',
      header: 'Worst',
      align: 'right',
      sortBy: ({ worstMs }) => worstMs,
      cell: ({ worstMs }) => <Num quantity={milliseconds(worstMs)} />,
    },
    {
      key: 'last',
      header: 'Last',
      align: 'right',
      narrow: 'hidden',
      sortBy: ({ lastAtMs }) => lastAtMs,
      cell: ({ lastAtMs }) => clock(lastAtMs),
    },
  ];
}
