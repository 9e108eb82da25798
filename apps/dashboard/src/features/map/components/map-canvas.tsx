'use client';
import { Background, BackgroundVariant, Controls, ReactFlow } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import type { EdgeChange, NodeChange } from '@xyflow/react';
import { useMemo, useState } from 'react';
import { flowElements } from '../view-model/flow-elements.ts';
import type { FlowEdge, FlowNode } from '../view-model/flow-elements.ts';
import { litPath } from '../view-model/lit-path.ts';
import type { LaidMap } from '../layout/use-layout.ts';
import { MapBox, MapFrame } from './map-box.tsx';
import { TrafficEdge } from './traffic-edge.tsx';
import classes from './map.module.css';

const NODE_TYPES = { box: MapBox, frame: MapFrame };
const EDGE_TYPES = { traffic: TrafficEdge };
/**
 * So many boxes and lines are drawn all at once: moving the map then only moves one layer. Above it what is out of sight is left
 * out, which costs while moving.
 */
const DRAW_ALL_UP_TO = 3000;

export interface MapCanvasProps {
  laid: LaidMap;
  /** A box's or line's id. */
  selected: string | null;
  onSelect: (id: string | null) => void;
}

/** The drawing: drag to move, wheel to zoom, hover to light a path, click to select. */
export function MapCanvas({ laid, selected, onSelect }: MapCanvasProps) {
  const [pointed, setPointed] = useState<string | null>(null);
  const lit = useMemo(
    () => (pointed === null ? null : litPath(laid.graph.lines, pointed)),
    [laid, pointed],
  );
  const { nodes, edges } = useMemo(() => flowElements(laid, lit, selected), [laid, lit, selected]);
  const point = (_: unknown, { id, type }: { id: string; type?: string | undefined }) =>
    setPointed(type === 'frame' ? null : id);
  const leave = () => setPointed(null);
  /** By a click, or by Enter on what has the focus. */
  const selectFrom = (changes: readonly (NodeChange<FlowNode> | EdgeChange<FlowEdge>)[]) => {
    for (const change of changes) {
      if (change.type === 'select' && change.selected) onSelect(change.id);
    }
  };
  return (
    <ReactFlow
      className={classes['flow'] ?? ''}
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onNodeMouseEnter={point}
      onNodeMouseLeave={leave}
      onEdgeMouseEnter={point}
      onEdgeMouseLeave={leave}
      onPaneClick={() => onSelect(null)}
      onNodesChange={selectFrom}
      onEdgesChange={selectFrom}
      nodesConnectable={false}
      onlyRenderVisibleElements={nodes.length + edges.length > DRAW_ALL_UP_TO}
      minZoom={0.05}
      maxZoom={1.6}
      key={laid.flow}
      fitView
      fitViewOptions={{ maxZoom: 1.15, padding: 0.12 }}
      aria-label="Map of who speaks to whom"
    >
      <Background variant={BackgroundVariant.Dots} gap={22} size={1.2} />
      <Controls showInteractive={false} />
    </ReactFlow>
  );
}
