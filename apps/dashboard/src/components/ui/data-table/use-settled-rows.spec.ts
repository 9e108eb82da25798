import { describe, expect, it } from 'vitest';
import type { Column } from './data-table.tsx';
import { nextSort } from './table-head.tsx';
import { inOrder, sortRows } from './use-settled-rows.ts';

interface Row {
  readonly name: string;
  readonly p99: number | null;
}

const COLUMNS: readonly Column<Row>[] = [
  { key: 'name', header: 'Name', cell: (row) => row.name, sortBy: (row) => row.name },
  { key: 'p99', header: 'P99', cell: (row) => row.p99, sortBy: (row) => row.p99 },
];
const ROWS: readonly Row[] = [
  { name: 'web', p99: 28 },
  { name: 'bot', p99: null },
  { name: 'emoji', p99: 4 },
];
const names = (rows: readonly Row[]) => rows.map((row) => row.name);

describe('sortRows', () => {
  it('keeps the rows as they come without a wish', () => {
    expect(sortRows(ROWS, COLUMNS, null)).toBe(ROWS);
  });

  it('puts rows without a value last, both ways', () => {
    expect(names(sortRows(ROWS, COLUMNS, 'p99'))).toEqual(['emoji', 'web', 'bot']);
    expect(names(sortRows(ROWS, COLUMNS, '-p99'))).toEqual(['web', 'emoji', 'bot']);
  });

  it('ignores a column that does not exist', () => {
    expect(sortRows(ROWS, COLUMNS, '-nonsense')).toBe(ROWS);
  });
});

it('keeps an order, appends what is new and forgets what is gone', () => {
  const shown = inOrder(ROWS, ['emoji', 'gone', 'web'], (row) => row.name);
  expect(names(shown)).toEqual(['emoji', 'web', 'bot']);
});

it('asks for most first, then least first, then the own order', () => {
  expect(nextSort('p99', null)).toBe('-p99');
  expect(nextSort('p99', '-p99')).toBe('p99');
  expect(nextSort('p99', 'p99')).toBeNull();
});
