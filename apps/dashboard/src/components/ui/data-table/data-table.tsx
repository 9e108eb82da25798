'use client';
import Link from 'next/link';
import { useRef } from 'react';
import type { ReactNode } from 'react';
import { TableHead } from './table-head.tsx';
import { useSettledRows } from './use-settled-rows.ts';
import classes from './data-table.module.css';

/** Where a cell goes on a narrow screen: `title` and `aside` on the first line, `figure`s on the second. */
export type NarrowPlace = 'title' | 'aside' | 'figure' | 'hidden';

export interface Column<Row> {
  readonly key: string;
  /** Also the label before the figure on a narrow screen. */
  readonly header: string;
  /** True for a column that continues the one before it: its header is only spoken. */
  readonly headerHidden?: boolean;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: 'left' | 'right';
  /** Default `figure`. */
  readonly narrow?: NarrowPlace;
  /** Present where the column can be sorted; null sorts last either way. */
  readonly sortBy?: (row: Row) => number | string | null;
  /** True where long words are cut with an ellipsis rather than make the row higher; give the whole as a hint. */
  readonly clip?: boolean;
  /** CSS width. */
  readonly width?: string;
}

/** `p99` ascending, `-p99` descending; null is the rows' own order. The text kept in a URL. */
export type Sort = string | null;

export interface DataTableProps<Row> {
  /** Names the table for somebody who does not see the heading above it. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Address a row opens. The whole row is the link; it starts at the title cell. */
  href?: (row: Row) => string | null;
  sort?: Sort;
  /** Without it the headers are not buttons. */
  onSort?: (sort: Sort) => void;
  /** 28 px rows instead of 34. */
  dense?: boolean;
}

/**
 * Rows of the mesh: one line of 34 px, two lines on a narrow screen (the title above, figures below). While the pointer
 * is over it no row changes place; `j` and `k` walk the rows that are links (see useShortcuts).
 */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rowKey, href, sort = null, onSort, dense = false } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const rows = useSettledRows(props.rows, { columns, rowKey, sort, body });
  return (
    <div className={classes['scroll']}>
      <table className={classes['table']} data-dense={dense} aria-label={label}>
        <TableHead columns={columns} sort={sort} onSort={onSort} />
        <tbody ref={body}>
          {rows.map((row) => (
            <tr key={rowKey(row)} data-link={typeof href?.(row) === 'string'}>
              {columns.map((column) => (
                <td
                  key={column.key}
                  data-align={column.align ?? 'left'}
                  data-clip={column.clip}
                  data-narrow={column.narrow ?? 'figure'}
                  data-label={column.header}
                >
                  {cellOf(column, row, href)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function cellOf<Row>(column: Column<Row>, row: Row, href: DataTableProps<Row>['href']): ReactNode {
  const content = column.cell(row);
  if (column.narrow !== 'title') return content;
  const address = href?.(row) ?? null;
  if (address === null) return <span className={classes['title']}>{content}</span>;
  return (
    <Link className={classes['title']} href={address} data-row-link>
      {content}
    </Link>
  );
}
