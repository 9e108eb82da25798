'use client';
import ELK from 'elkjs/lib/elk-api.js';
import { useEffect, useRef, useState } from 'react';
import type { MapGraph } from '../view-model/map-graph.ts';
import { elkGraph, readLayout, structureOf } from './layout-map.ts';
import type { Flow, MapLayout } from './layout-map.ts';

export interface LaidMap {
  readonly graph: MapGraph;
  readonly layout: MapLayout;
  readonly flow: Flow;
}

/**
 * Lays the map out again only when boxes or lines come or go, in a worker. Until a new layout is there the old one is
 * shown with its own graph; null before the first.
 */
export function useLayout(graph: MapGraph, flow: Flow): LaidMap | null {
  const elk = useRef<InstanceType<typeof ELK> | null>(null);
  const [laid, setLaid] = useState<{ structure: string; known: LaidMap } | null>(null);
  const structure = structureOf(graph, flow);
  const latest = useRef(graph);
  useEffect(() => {
    latest.current = graph;
  });
  useEffect(() => {
    elk.current = new ELK({
      workerFactory: () =>
        new Worker(new URL('./elk-worker.ts', import.meta.url), { type: 'module' }),
    });
    return () => {
      elk.current?.terminateWorker();
      elk.current = null;
    };
  }, []);
  useEffect(() => {
    let wanted = true;
    const asked = latest.current;
    async function layOut(engine: InstanceType<typeof ELK>): Promise<void> {
      const answer = await engine.layout(elkGraph(asked, flow));
      if (wanted) setLaid({ structure, known: { graph: asked, layout: readLayout(answer), flow } });
    }
    if (elk.current !== null) void layOut(elk.current);
    return () => {
      wanted = false;
    };
  }, [structure, flow]);
  if (laid === null) return null;
  return laid.structure === structure ? { ...laid.known, graph } : laid.known;
}
