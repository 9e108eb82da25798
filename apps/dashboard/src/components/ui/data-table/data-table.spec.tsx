import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, it } from 'vitest';
import { focusRow } from '@/lib/keyboard/use-shortcuts.ts';
import { DataTable } from './data-table.tsx';
import type { Column, Sort } from './data-table.tsx';

interface Row {
  readonly name: string;
  readonly p99: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { key: 'name', header: 'Workload', narrow: 'title', cell: (row) => row.name },
  { key: 'p99', header: 'P99', align: 'right', cell: (row) => row.p99, sortBy: (row) => row.p99 },
];
const ROWS: readonly Row[] = [
  { name: 'web', p99: 4 },
  { name: 'voting', p99: 28 },
];

function Table({ rows = ROWS }: { rows?: readonly Row[] }) {
  const [sort, setSort] = useState<Sort>(null);
  return (
    <DataTable
      label="Workloads"
      columns={COLUMNS}
      rows={rows}
      rowKey={(row) => row.name}
      href={(row) => `/${row.name}`}
      sort={sort}
      onSort={setSort}
    />
  );
}

const names = () => screen.getAllByRole('link').map((link) => link.textContent);

it('sorts by a header and says so', async () => {
  render(<Table />);
  await userEvent.click(screen.getByRole('button', { name: 'P99' }));
  expect(names()).toEqual(['voting', 'web']);
  const header = screen.getByRole('columnheader', { name: 'P99' });
  expect(header.getAttribute('aria-sort')).toBe('descending');
});

it('moves no row while the pointer is over it', async () => {
  const { rerender } = render(<Table />);
  await userEvent.click(screen.getByRole('button', { name: 'P99' }));
  await userEvent.hover(within(screen.getByRole('table')).getAllByRole('rowgroup')[1] as Element);
  const swapped = [
    { name: 'web', p99: 99 },
    { name: 'voting', p99: 1 },
  ];
  rerender(<Table rows={swapped} />);
  expect(names()).toEqual(['voting', 'web']);
  await userEvent.unhover(within(screen.getByRole('table')).getAllByRole('rowgroup')[1] as Element);
  expect(names()).toEqual(['web', 'voting']);
});

it('walks its rows by keyboard and stays within them', () => {
  render(<Table />);
  focusRow(1);
  expect(document.activeElement?.textContent).toBe('web');
  focusRow(1);
  focusRow(1);
  expect(document.activeElement?.textContent).toBe('voting');
  focusRow(-1);
  expect(document.activeElement?.textContent).toBe('web');
});
