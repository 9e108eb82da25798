import type { Column, Sort } from './data-table.tsx';
import classes from './data-table.module.css';

interface TableHeadProps<Row> {
  columns: readonly Column<Row>[];
  sort: Sort;
  onSort: ((sort: Sort) => void) | undefined;
}

/** The header row. A column that can be sorted is a button: ascending, descending, the rows' own order. */
export function TableHead<Row>({ columns, sort, onSort }: TableHeadProps<Row>) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th
            key={column.key}
            scope="col"
            data-align={column.align ?? 'left'}
            aria-sort={ariaSort(column.key, sort)}
            style={column.width === undefined ? undefined : { width: column.width }}
          >
            {column.sortBy === undefined || onSort === undefined ? (
              <span className={column.headerHidden === true ? classes['spoken'] : undefined}>
                {column.header}
              </span>
            ) : (
              <button
                type="button"
                className={classes['sort']}
                onClick={() => {
                  onSort(nextSort(column.key, sort));
                }}
              >
                {column.header}
                <span aria-hidden className={classes['arrow']}>
                  {arrowOf(column.key, sort)}
                </span>
              </button>
            )}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** What a click on a header asks for: most first, then least first, then the rows' own order. */
export function nextSort(key: string, sort: Sort): Sort {
  if (sort === `-${key}`) return key;
  return sort === key ? null : `-${key}`;
}

function ariaSort(key: string, sort: Sort): 'ascending' | 'descending' | undefined {
  if (sort === key) return 'ascending';
  return sort === `-${key}` ? 'descending' : undefined;
}

function arrowOf(key: string, sort: Sort): string {
  if (sort === key) return '↑';
  return sort === `-${key}` ? '↓' : '';
}
