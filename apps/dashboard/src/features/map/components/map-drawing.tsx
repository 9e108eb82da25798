'use client';
import { useMediaQuery } from '@mantine/hooks';
import { useLayout } from '../layout/use-layout.ts';
import type { MapGraph } from '../view-model/map-graph.ts';
import type { MapChoicesState } from '../view-model/use-map-choices.ts';
import { MapCanvas } from './map-canvas.tsx';
import { MapCard } from './map-card.tsx';
import classes from './map.module.css';

export interface MapDrawingProps {
  graph: MapGraph;
  choices: MapChoicesState;
}

/** The laid out map and the card of what is selected. */
export function MapDrawing({ graph, choices }: MapDrawingProps) {
  const narrow = useMediaQuery('(width <= 760px)');
  const laid = useLayout(graph, narrow ? 'down' : 'right');
  const { selected, collapsed } = choices;
  if (laid === null) return <div className={classes['waiting']}>Laying out the map …</div>;
  return (
    <>
      <MapCanvas laid={laid} selected={selected} onSelect={choices.select} />
      {selected === null ? null : (
        <MapCard
          graph={laid.graph}
          selected={selected}
          onExpand={(namespace) =>
            choices.setCollapsed(new Set([...collapsed].filter((each) => each !== namespace)))
          }
          onClose={() => choices.select(null)}
        />
      )}
    </>
  );
}
