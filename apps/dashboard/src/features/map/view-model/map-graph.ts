/**
 * The map as it is drawn: which boxes, groups and lines there are. Workloads of a collapsed namespace become one box, their
 * lines one line; workloads without traffic are counted, not drawn.
 */
import { keyOf, mapEdgeKey } from '@tulle/model';
import type { Health, MapEdge, MapNode, MapView, WorkloadRef } from '@tulle/model';
import { mergeEdges } from './merge-edges.ts';

/** Group of what is not of the mesh's namespaces. */
export const BEYOND = 'beyond';

export type MapBox =
  | {
      readonly kind: 'workload';
      readonly id: string;
      readonly group: string;
      readonly node: MapNode;
    }
  | {
      readonly kind: 'namespace';
      readonly id: string;
      readonly namespace: string;
      readonly workloads: number;
      readonly health: Health;
    }
  /** Callers nobody could name, or destinations outside the mesh. */
  | { readonly kind: 'beyond'; readonly id: string; readonly side: 'callers' | 'destinations' };

export interface MapLine {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly edge: MapEdge;
}

export interface MapGroup {
  readonly namespace: string;
  readonly drawn: number;
  /** Workloads of it without traffic, not drawn. */
  readonly idle: number;
}

export interface MapGraph {
  readonly groups: readonly MapGroup[];
  readonly boxes: readonly MapBox[];
  readonly lines: readonly MapLine[];
}

export interface MapChoices {
  readonly collapsed: ReadonlySet<string>;
  /** Draw workloads without traffic too. */
  readonly idle: boolean;
  /** Lines to keep; null for all. With it, only what these lines touch is drawn. */
  readonly matches: ((key: string, edge: MapEdge) => boolean) | null;
}

const URGENCY: Readonly<Record<Health, number>> = {
  failing: 0,
  degraded: 1,
  outside: 2,
  well: 3,
  idle: 4,
};

export function mapGraph(view: MapView, choices: MapChoices): MapGraph {
  const kept = Object.entries(view.edges).filter(
    ([key, edge]) => choices.matches === null || choices.matches(key, edge),
  );
  const touched = new Set(
    kept.flatMap(([, { from, to }]) =>
      [from, to].flatMap((end) => (end === null ? [] : keyOf(end))),
    ),
  );
  const showIdle = choices.idle && choices.matches === null;
  const nodes = Object.values(view.nodes);
  const drawn = nodes.filter(({ ref }) => showIdle || touched.has(keyOf(ref)));
  const drawnKeys = new Set(drawn.map(({ ref }) => keyOf(ref)));
  const lines = linesOf(kept, drawnKeys, choices.collapsed);
  return {
    groups: groupsOf(nodes, drawnKeys, choices),
    boxes: [...workloadBoxes(drawn, choices.collapsed), ...beyondBoxes(lines)],
    lines,
  };
}

function groupsOf(
  nodes: readonly MapNode[],
  drawn: ReadonlySet<string>,
  { collapsed }: MapChoices,
): readonly MapGroup[] {
  const groups = new Map<string, { drawn: number; idle: number }>();
  for (const { ref } of nodes) {
    const group = groups.get(ref.namespace) ?? { drawn: 0, idle: 0 };
    if (drawn.has(keyOf(ref))) group.drawn += 1;
    else group.idle += 1;
    groups.set(ref.namespace, group);
  }
  return [...groups]
    .filter(([namespace, group]) => group.drawn > 0 && !collapsed.has(namespace))
    .map(([namespace, group]) => ({ namespace, ...group }))
    .sort((a, b) => a.namespace.localeCompare(b.namespace));
}

function workloadBoxes(
  nodes: readonly MapNode[],
  collapsed: ReadonlySet<string>,
): readonly MapBox[] {
  const folded = new Map<string, MapNode[]>();
  const boxes: MapBox[] = [];
  for (const node of nodes) {
    const { namespace } = node.ref;
    if (!collapsed.has(namespace)) {
      boxes.push({ kind: 'workload', id: keyOf(node.ref), group: namespace, node });
      continue;
    }
    const within = folded.get(namespace) ?? [];
    within.push(node);
    folded.set(namespace, within);
  }
  for (const [namespace, within] of folded) {
    boxes.push({
      kind: 'namespace',
      id: namespaceId(namespace),
      namespace,
      workloads: within.length,
      health: worst(within),
    });
  }
  return boxes;
}

function worst(nodes: readonly MapNode[]): Health {
  return nodes.reduce<Health>(
    (found, { health }) => (URGENCY[health] < URGENCY[found] ? health : found),
    'idle',
  );
}

function beyondBoxes(lines: readonly MapLine[]): readonly MapBox[] {
  const boxes: MapBox[] = [];
  if (lines.some(({ source }) => source === beyondId('callers')))
    boxes.push({ kind: 'beyond', id: beyondId('callers'), side: 'callers' });
  if (lines.some(({ target }) => target === beyondId('destinations')))
    boxes.push({ kind: 'beyond', id: beyondId('destinations'), side: 'destinations' });
  return boxes;
}

/** Lines between drawn boxes; those within one collapsed namespace are not seen. */
function linesOf(
  edges: readonly (readonly [string, MapEdge])[],
  drawn: ReadonlySet<string>,
  collapsed: ReadonlySet<string>,
): readonly MapLine[] {
  const boxOf = (end: WorkloadRef | null, side: 'callers' | 'destinations'): string | null => {
    if (end === null) return beyondId(side);
    if (collapsed.has(end.namespace)) return namespaceId(end.namespace);
    return drawn.has(keyOf(end)) ? keyOf(end) : null;
  };
  const lines = new Map<string, MapLine>();
  for (const [, edge] of edges) {
    const source = boxOf(edge.from, 'callers');
    const target = boxOf(edge.to, 'destinations');
    if (source === null || target === null) continue;
    if (source === target && edge.from !== null && collapsed.has(edge.from.namespace)) continue;
    const id = collapsedEnd(edge, collapsed) ? `${source}>${target}` : mapEdgeKey(edge);
    const known = lines.get(id);
    lines.set(id, {
      id,
      source,
      target,
      edge: known === undefined ? edge : mergeEdges(known.edge, edge),
    });
  }
  return [...lines.values()];
}

function collapsedEnd({ from, to }: MapEdge, collapsed: ReadonlySet<string>): boolean {
  return [from, to].some((end) => end !== null && collapsed.has(end.namespace));
}

function namespaceId(namespace: string): string {
  return `ns:${namespace}`;
}

function beyondId(side: 'callers' | 'destinations'): string {
  return `${BEYOND}:${side}`;
}
