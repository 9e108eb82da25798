/**
 * Look-ups in snapshots by key. Each snapshot (of the platform, of a round of metrics) is indexed when first asked and
 * forgotten with it, so that a view of 5,000 workloads does not search 5,000 lists 5,000 times.
 */
import { keyOf, type InstanceState, type PlatformState, type WorkloadState } from '@tulle/model';
import type { OutboundEdge } from '../metrics/metrics-source.ts';

/** Gives a function that computes once per snapshot. */
function perSnapshot<Snapshot extends object, Index>(
  build: (snapshot: Snapshot) => Index,
): (snapshot: Snapshot) => Index {
  const known = new WeakMap<Snapshot, Index>();
  return (snapshot) => {
    const found = known.get(snapshot);
    if (found !== undefined) return found;
    const index = build(snapshot);
    known.set(snapshot, index);
    return index;
  };
}

function groupBy<Item>(items: readonly Item[], keyFor: (item: Item) => string | null) {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyFor(item);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

const workloads = perSnapshot(
  (state: PlatformState) => new Map(state.workloads.map((each) => [keyOf(each.ref), each])),
);
const callers = perSnapshot((edges: readonly OutboundEdge[]) =>
  groupBy(edges, ({ to }) => (to === null ? null : keyOf(to))),
);
const callees = perSnapshot((edges: readonly OutboundEdge[]) =>
  groupBy(edges, ({ from }) => keyOf(from)),
);

/** By workload; instances that were told to end are left out. */
export const instancesByWorkload: (
  state: PlatformState,
) => ReadonlyMap<string, readonly InstanceState[]> = perSnapshot((state) =>
  groupBy(state.instances, ({ phase, workload }) =>
    phase === 'stopping' ? null : keyOf(workload),
  ),
);

export function workloadOf(state: PlatformState, key: string): WorkloadState | undefined {
  return workloads(state).get(key);
}

/** Edges into a workload. `edges` must be a snapshot: never changed. */
export function edgesTo(edges: readonly OutboundEdge[], key: string): readonly OutboundEdge[] {
  return callers(edges).get(key) ?? [];
}

/** Edges out of a workload, those to nobody known among them. `edges` must be a snapshot: never changed. */
export function edgesFrom(edges: readonly OutboundEdge[], key: string): readonly OutboundEdge[] {
  return callees(edges).get(key) ?? [];
}
