import { Button } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import Link from 'next/link';
import type { MapEdge, MapNode } from '@tulle/model';
import { HealthMark } from '@/components/ui/health-mark/health-mark.tsx';
import { TAP, tapAddress, whyAddress, workloadAddress } from '@/lib/navigation/addresses.ts';
import { percent, perSecond, plain } from '@/lib/format/quantity.ts';
import { edgeLook, edgeSentence } from '../view-model/edge-look.ts';
import type { MapBox, MapGraph } from '../view-model/map-graph.ts';
import classes from './map.module.css';

export interface MapCardProps {
  graph: MapGraph;
  /** A box's or line's id; the card is empty when it is not drawn any more. */
  selected: string;
  onExpand: (namespace: string) => void;
  onClose: () => void;
}

/** What is selected, in sentences, and what can be done about it. */
export function MapCard({ graph, selected, onExpand, onClose }: MapCardProps) {
  const box = graph.boxes.find(({ id }) => id === selected);
  const line = graph.lines.find(({ id }) => id === selected);
  if (box === undefined && line === undefined) return null;
  return (
    <section className={classes['card']} aria-label="Selected">
      <button
        type="button"
        className={classes['close']}
        aria-label="Close the selection"
        onClick={onClose}
      >
        <IconX size={14} stroke={2} aria-hidden />
      </button>
      {box === undefined ? null : <BoxCard box={box} onExpand={onExpand} />}
      {line === undefined ? null : <EdgeCard edge={line.edge} />}
    </section>
  );
}

function BoxCard({ box, onExpand }: { box: MapBox; onExpand: (namespace: string) => void }) {
  switch (box.kind) {
    case 'workload':
      return <WorkloadCard node={box.node} />;
    case 'namespace':
      return (
        <>
          <h2 className={classes['cardTitle']}>
            <HealthMark health={box.health} />
            {box.namespace}
          </h2>
          <p>{box.workloads} workloads drawn as one box; lines add up what they say.</p>
          <div className={classes['actions']}>
            <Button size="xs" onClick={() => onExpand(box.namespace)}>
              Expand {box.namespace}
            </Button>
          </div>
        </>
      );
    case 'beyond':
      return (
        <>
          <h2 className={classes['cardTitle']}>
            <HealthMark health="outside" />
            {box.side === 'callers' ? 'Unknown callers' : 'Elsewhere'}
          </h2>
          <p>
            {box.side === 'callers'
              ? 'Requests that came without a certificate of this mesh, from nobody the platform knows.'
              : 'Addresses that no service of this mesh has.'}
          </p>
        </>
      );
  }
}

function WorkloadCard({ node: { ref, health, golden } }: { node: MapNode }) {
  return (
    <>
      <h2 className={classes['cardTitle']}>
        <HealthMark health={health} />
        {ref.name}
        <span className={classes['kind']}>{ref.kind}</span>
      </h2>
      <p>
        {golden?.successRate == null
          ? health === 'outside'
            ? 'Outside the mesh: no proxy counts what it answers.'
            : 'It answered nothing in the last minute.'
          : `Answers ${plain(perSecond(golden.requestsPerSecond))}; ${plain(percent(golden.successRate))} succeed.`}
      </p>
      <div className={classes['actions']}>
        <Button size="xs" component={Link} href={workloadAddress(ref)}>
          Open {ref.name}
        </Button>
        <Button size="xs" component={Link} href={tapAddress(ref)}>
          Tap
        </Button>
      </div>
    </>
  );
}

function EdgeCard({ edge }: { edge: MapEdge }) {
  const { from, to } = edge;
  const { tone } = edgeLook(edge);
  const fails = tone === 'failing' || tone === 'degraded';
  const tapped = to ?? from;
  return (
    <>
      <h2 className={classes['cardTitle']}>
        <HealthMark health={tone === 'tcp' || tone === 'quiet' ? 'idle' : tone} />
        {from?.name ?? 'outside'} → {to?.name ?? 'elsewhere'}
      </h2>
      <p>{edgeSentence(edge)}</p>
      <div className={classes['actions']}>
        {to === null ? null : (
          <Button size="xs" component={Link} href={fails ? whyAddress(to) : workloadAddress(to)}>
            {fails ? 'See why' : `Open ${to.name}`}
          </Button>
        )}
        {tapped === null ? null : (
          <Button size="xs" component={Link} href={tapEdgeAddress(edge)}>
            Tap edge
          </Button>
        )}
      </div>
    </>
  );
}

/** The called side's tap where there is a proxy, narrowed to this caller. */
function tapEdgeAddress({ from, to }: MapEdge): string {
  if (to === null) return from === null ? TAP : tapAddress(from);
  return tapAddress(to, from === null ? 'tls:no' : `src:${from.name}`);
}
