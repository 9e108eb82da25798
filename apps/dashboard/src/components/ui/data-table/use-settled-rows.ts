import { useEffect, useRef, useState } from 'react';
import type { RefObject } from 'react';
import type { Column, Sort } from './data-table.tsx';

export interface SettledRowsOptions<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  readonly sort: Sort;
  readonly body: RefObject<HTMLElement | null>;
}

interface FrozenOrder {
  readonly sort: Sort;
  readonly keys: readonly string[];
}

/** The rows in their order; while the pointer is over `body`, in the order they had when it came. */
export function useSettledRows<Row>(
  rows: readonly Row[],
  { columns, rowKey, sort, body }: SettledRowsOptions<Row>,
): readonly Row[] {
  const [frozen, setFrozen] = useState<FrozenOrder | null>(null);
  const sorted = sortRows(rows, columns, sort);
  // A click on a header is a wish to move the rows, so it is obeyed at once.
  const shown =
    frozen !== null && frozen.sort === sort ? inOrder(sorted, frozen.keys, rowKey) : sorted;
  const latest = useRef<FrozenOrder>({ sort, keys: [] });
  useEffect(() => {
    latest.current = { sort, keys: shown.map(rowKey) };
  });
  useEffect(() => {
    const node = body.current;
    if (node === null) return undefined;
    return onMouseOver(node, (over) => {
      setFrozen(over ? latest.current : null);
    });
  }, [body]);
  return shown;
}

/** Sorted by a column's value; equal rows keep their own order, rows without a value come last. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: Sort,
): readonly Row[] {
  if (sort === null) return rows;
  const descending = sort.startsWith('-');
  const key = descending ? sort.slice(1) : sort;
  const sortBy = columns.find((column) => column.key === key)?.sortBy;
  if (sortBy === undefined) return rows;
  return rows.toSorted((left, right) => compare(sortBy(left), sortBy(right), descending));
}

function compare(
  left: number | string | null,
  right: number | string | null,
  descending: boolean,
): number {
  if (left === right) return 0;
  if (left === null) return 1;
  if (right === null) return -1;
  const order =
    typeof left === 'string' && typeof right === 'string'
      ? left.localeCompare(right)
      : Number(left) - Number(right);
  return descending ? -order : order;
}

/** `rows` in the order of `keys`; new ones at the end, gone ones left out. */
export function inOrder<Row>(
  rows: readonly Row[],
  keys: readonly string[],
  rowKey: (row: Row) => string,
): readonly Row[] {
  const rank = new Map(keys.map((key, index) => [key, index]));
  return rows.toSorted(
    (left, right) =>
      (rank.get(rowKey(left)) ?? keys.length) - (rank.get(rowKey(right)) ?? keys.length),
  );
}

function onMouseOver(node: HTMLElement, tell: (over: boolean) => void): () => void {
  const enter = (event: PointerEvent) => {
    // A finger leaves no pointer behind; freezing after a tap would freeze for good.
    if (event.pointerType === 'mouse') tell(true);
  };
  const leave = () => {
    tell(false);
  };
  node.addEventListener('pointerenter', enter);
  node.addEventListener('pointerleave', leave);
  return () => {
    node.removeEventListener('pointerenter', enter);
    node.removeEventListener('pointerleave', leave);
  };
}
