import type { Edge, Node } from '@xyflow/react';
import type { MapBox, MapGroup, MapLine } from './map-graph.ts';
import { edgeLook, edgeSentence } from './edge-look.ts';
import type { EdgeLook } from './edge-look.ts';
import type { LitPath } from './lit-path.ts';
import { frameId, groupOf } from '../layout/layout-map.ts';
import type { Flow, MapLayout } from '../layout/layout-map.ts';
import type { LaidMap } from '../layout/use-layout.ts';

/** Whether a box or line is on the path under the pointer; `plain` while no path is lit. */
export type Light = 'plain' | 'lit' | 'dim';

export type FrameNode = Node<{ group: MapGroup }, 'frame'>;
export type BoxNode = Node<{ box: MapBox; light: Light; flow: Flow }, 'box'>;
export type FlowNode = FrameNode | BoxNode;
export type FlowEdge = Edge<{ look: EdgeLook; light: Light; labelled: boolean }, 'traffic'>;

/** Above so many lines labels stand only on lit ones: more could not be read. */
const LABELLED_LINES = 60;

export interface FlowElements {
  readonly nodes: FlowNode[];
  readonly edges: FlowEdge[];
}

/** What React Flow draws. Frames come before their boxes, as it asks. */
export function flowElements(
  { graph, layout, flow }: LaidMap,
  lit: LitPath | null,
  selected: string | null,
): FlowElements {
  const labelled = graph.lines.length <= LABELLED_LINES;
  return {
    nodes: [
      ...graph.groups.flatMap((group) => frameNode(group, layout)),
      ...graph.boxes.flatMap((box) =>
        boxNode(
          box,
          layout,
          { box, flow, light: lightOf(lit?.boxes, box.id) },
          box.id === selected,
        ),
      ),
    ],
    edges: graph.lines.map((line) => {
      const light = lightOf(lit?.lines, line.id);
      return trafficEdge(line, light, labelled || light === 'lit', line.id === selected);
    }),
  };
}

function lightOf(lit: ReadonlySet<string> | undefined, id: string): Light {
  if (lit === undefined) return 'plain';
  return lit.has(id) ? 'lit' : 'dim';
}

function frameNode(group: MapGroup, layout: MapLayout): readonly FrameNode[] {
  const id = frameId(group.namespace);
  const place = layout.frames.get(id);
  if (place === undefined) return [];
  const { x, y, width, height } = place;
  return [
    {
      id,
      type: 'frame',
      position: { x, y },
      width,
      height,
      data: { group },
      selectable: false,
      focusable: false,
      draggable: false,
    },
  ];
}

function boxNode(
  box: MapBox,
  layout: MapLayout,
  data: BoxNode['data'],
  selected: boolean,
): readonly BoxNode[] {
  const place = layout.boxes.get(box.id);
  if (place === undefined) return [];
  const group = groupOf(box);
  return [
    {
      id: box.id,
      type: 'box',
      position: { x: place.x, y: place.y },
      width: place.width,
      height: place.height,
      ...(group === null ? {} : { parentId: frameId(group) }),
      data,
      ariaLabel: boxName(box),
      selected,
      draggable: false,
    },
  ];
}

export function boxName(box: MapBox): string {
  switch (box.kind) {
    case 'workload':
      return `${box.node.ref.name} in ${box.node.ref.namespace}`;
    case 'namespace':
      return `Namespace ${box.namespace}, collapsed`;
    case 'beyond':
      return box.side === 'callers' ? 'Callers outside the mesh' : 'Destinations outside the mesh';
  }
}

function trafficEdge(line: MapLine, light: Light, labelled: boolean, selected: boolean): FlowEdge {
  const look = edgeLook(line.edge);
  const name = `${line.edge.from?.name ?? 'outside'} to ${line.edge.to?.name ?? 'outside'}`;
  return {
    id: line.id,
    type: 'traffic',
    source: line.source,
    target: line.target,
    data: { look, light, labelled: labelled || selected },
    ariaLabel: `${name}: ${edgeSentence(line.edge)}`,
    selected,
  };
}
