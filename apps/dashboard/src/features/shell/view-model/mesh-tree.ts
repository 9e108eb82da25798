import type { OverviewView } from '@tulle/model';

/** A namespace as the sidebar and the tables group it. */
export interface NamespaceGroup<Row> {
  readonly namespace: string;
  readonly rows: readonly Row[];
}

/** Workloads by namespace, both in alphabetical order: a place in the sidebar does not move with its health. */
export function meshTree(
  workloads: OverviewView['workloads'],
): readonly NamespaceGroup<OverviewView['workloads'][string]>[] {
  const byNamespace = Map.groupBy(Object.values(workloads), (row) => row.ref.namespace);
  return [...byNamespace.entries()]
    .map(([namespace, rows]) => ({
      namespace,
      rows: rows.toSorted((left, right) => left.ref.name.localeCompare(right.ref.name)),
    }))
    .toSorted((left, right) => left.namespace.localeCompare(right.namespace));
}
