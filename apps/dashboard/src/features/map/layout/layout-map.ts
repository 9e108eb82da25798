import type { ElkNode } from 'elkjs/lib/elk-api.js';
import type { MapBox, MapGraph } from '../view-model/map-graph.ts';

export const BOX = { width: 172, height: 58 } as const;
/** Within a namespace's frame, above its boxes, for its name. */
const HEADING = 34;
const PADDING = 20;
/**
 * With more lines each namespace is laid out by itself: 500 boxes and 2,000 lines take 5 s then, and 30 s (in a drawing ten times
 * as large) where lines between namespaces have their say.
 */
const LARGE_LINES = 200;

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where everything is, by id; boxes of a namespace relative to its frame. */
export interface MapLayout {
  readonly frames: ReadonlyMap<string, Place>;
  readonly boxes: ReadonlyMap<string, Place>;
}

export const NO_LAYOUT: MapLayout = { frames: new Map(), boxes: new Map() };

/** Which way calls go: to the right, or down where the screen is narrow. */
export type Flow = 'right' | 'down';

/** What decides where things are: while it stays the same, only numbers have changed. */
export function structureOf({ groups, boxes, lines }: MapGraph, flow: Flow): string {
  return JSON.stringify([
    flow,
    groups.map(({ namespace }) => namespace),
    boxes.map(({ id }) => id),
    lines.map(({ source, target }) => `${source}>${target}`),
  ]);
}

/** Callers before the called, namespaces as frames. Layered, as in "A Technique for Drawing Directed Graphs" (Gansner 1993). */
export function elkGraph({ groups, boxes, lines }: MapGraph, flow: Flow): ElkNode {
  const spacing = {
    'elk.direction': flow === 'right' ? 'RIGHT' : 'DOWN',
    // Room for a line's label between two layers.
    'elk.layered.spacing.nodeNodeBetweenLayers': flow === 'right' ? '168' : '84',
    'elk.spacing.nodeNode': '26',
    'elk.spacing.componentComponent': '40',
  };
  return {
    id: 'map',
    layoutOptions: {
      ...spacing,
      'elk.algorithm': 'layered',
      'elk.hierarchyHandling':
        lines.length > LARGE_LINES ? 'SEPARATE_CHILDREN' : 'INCLUDE_CHILDREN',
      'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
      'elk.layered.considerModelOrder.strategy': 'PREFER_NODES',
    },
    children: [
      ...groups.map(({ namespace }) => ({
        id: frameId(namespace),
        layoutOptions: {
          ...spacing,
          'elk.padding': `[top=${HEADING + PADDING},left=${PADDING},bottom=${PADDING},right=${PADDING}]`,
        },
        children: boxes
          .filter((box) => groupOf(box) === namespace)
          .map(({ id }) => ({ id, ...BOX })),
      })),
      ...boxes.filter((box) => groupOf(box) === null).map(({ id }) => ({ id, ...BOX })),
    ],
    edges: lines
      .filter(({ source, target }) => source !== target)
      .map(({ id, source, target }) => ({ id, sources: [source], targets: [target] })),
  };
}

export function readLayout(laid: ElkNode): MapLayout {
  const frames = new Map<string, Place>();
  const boxes = new Map<string, Place>();
  for (const child of laid.children ?? []) {
    if (child.children === undefined) {
      boxes.set(child.id, placeOf(child));
      continue;
    }
    frames.set(child.id, placeOf(child));
    for (const box of child.children) boxes.set(box.id, placeOf(box));
  }
  return { frames, boxes };
}

export function frameId(namespace: string): string {
  return `frame:${namespace}`;
}

/** The namespace whose frame a box stands in; null for one that stands free. */
export function groupOf(box: MapBox): string | null {
  return box.kind === 'workload' ? box.group : null;
}

function placeOf({ x = 0, y = 0, width = BOX.width, height = BOX.height }: ElkNode): Place {
  return { x, y, width, height };
}
