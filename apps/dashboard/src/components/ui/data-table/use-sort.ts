'use client';
import { parseAsString, useQueryState } from 'nuqs';
import { useCallback } from 'react';
import type { Sort } from './data-table.tsx';

/** A table's sort, kept in the address as `?sort=-p99`. */
export function useSort(): readonly [Sort, (sort: Sort) => void] {
  const [sort, setSort] = useQueryState('sort', parseAsString);
  const keep = useCallback(
    (next: Sort) => {
      void setSort(next);
    },
    [setSort],
  );
  return [sort, keep];
}
