'use client';
import { Button } from '@mantine/core';
import dynamic from 'next/dynamic';
import { useMemo, useState } from 'react';
import { formatTerm } from '@tulle/model';
import type { MapView } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { FilterBar } from '@/components/ui/filter-bar/filter-bar.tsx';
import { Foot } from '@/components/ui/foot/foot.tsx';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { EmptyState } from '@/components/ui/state/states.tsx';
import { useTypedFilter } from '@/lib/filter/use-typed-filter.ts';
import { countOf } from '@/lib/format/words.ts';
import { edgeAsExchange, unanswerable } from '../view-model/edge-as-exchange.ts';
import { mapGraph } from '../view-model/map-graph.ts';
import type { MapGraph } from '../view-model/map-graph.ts';
import { useMapChoices } from '../view-model/use-map-choices.ts';
import { MapTools } from './map-tools.tsx';
import classes from './map.module.css';

/** React Flow (50 kB) and the layout (in a worker, 440 kB) come when the map is shown. */
const MapDrawing = dynamic(() => import('./map-drawing.tsx').then((file) => file.MapDrawing), {
  ssr: false,
  loading: () => <div className={classes['waiting']}>Drawing the map …</div>,
});

/** The map with its data: filter, tools, drawing. */
export function MapContent({ view }: { view: MapView }) {
  const choices = useMapChoices(view);
  const [draft, setDraft] = useState('');
  const { terms, filter, issues } = useTypedFilter(choices.filterText, draft, setDraft);
  const beyondMap = unanswerable(filter.terms);
  const { collapsed, idle } = choices;
  const graph = useMemo(
    () =>
      mapGraph(view, {
        collapsed,
        idle,
        matches:
          filter.terms.length === 0 || beyondMap !== null
            ? null
            : (key, edge) => filter.matches(edgeAsExchange(key, edge)),
      }),
    [view, collapsed, idle, filter, beyondMap],
  );
  const exchanges = () =>
    Object.entries(view.edges).map(([key, edge]) => edgeAsExchange(key, edge));
  return (
    <>
      <PageHead title="Map">{summary(view, graph)}</PageHead>
      <div className={classes['bar']}>
        <FilterBar
          label="Filter the map"
          placeholder="Filter by ns, src, dst, tls, failed, latency"
          chipHint="The map shows only the traffic that this matches"
          terms={terms}
          draft={draft}
          issues={
            beyondMap === null
              ? issues
              : [
                  {
                    message: `The map knows no ${beyondMap.key}: its lines are sums. Tap has each request's.`,
                    from: 0,
                    to: formatTerm(beyondMap).length,
                  },
                ]
          }
          onDraft={setDraft}
          onTerms={choices.setFilterText}
          seen={exchanges}
        />
        <MapTools view={view} choices={choices} />
      </div>
      {graph.boxes.length === 0 ? (
        <EmptyMap filtered={filter.terms.length > 0} choices={choices} />
      ) : (
        <div className={classes['sheet']}>
          <MapDrawing graph={graph} choices={choices} />
        </div>
      )}
      <Foot command="tulle viz edges deploy -A" provenance={view.provenance} />
    </>
  );
}

function summary(view: MapView, { lines, boxes }: MapGraph): string {
  const drawn = boxes.filter(({ kind }) => kind === 'workload').length;
  const folded = boxes.reduce(
    (sum, box) => sum + (box.kind === 'namespace' ? box.workloads : 0),
    0,
  );
  const total = Object.keys(view.nodes).length;
  const parts = [`${drawn} of ${countOf(total, 'workload')} drawn`];
  if (folded > 0) parts.push(`${folded} in collapsed namespaces`);
  parts.push(countOf(lines.length, 'line'));
  return parts.join(', ');
}

interface EmptyMapProps {
  filtered: boolean;
  choices: ReturnType<typeof useMapChoices>;
}

function EmptyMap({ filtered, choices }: EmptyMapProps) {
  return (
    <Card padded={false}>
      {filtered ? (
        <EmptyState title="No traffic matches this filter">
          Nothing of the last minute does. Take a term away, or look at single requests in tap.
        </EmptyState>
      ) : (
        <EmptyState title="Nobody speaks to anybody">
          Lines appear with the first request that a proxy sees.{' '}
          <Button size="xs" onClick={() => choices.setIdle(true)}>
            Draw workloads without traffic
          </Button>
        </EmptyState>
      )}
    </Card>
  );
}
