import { Handle, Position } from '@xyflow/react';
import type { NodeProps } from '@xyflow/react';
import { memo } from 'react';
import { HealthMark } from '@/components/ui/health-mark/health-mark.tsx';
import { bytes, percent, perSecond, plain } from '@/lib/format/quantity.ts';
import { countOf } from '@/lib/format/words.ts';
import type { MapNode } from '@tulle/model';
import type { Flow } from '../layout/layout-map.ts';
import type { BoxNode, FrameNode } from '../view-model/flow-elements.ts';
import type { MapBox as Box } from '../view-model/map-graph.ts';
import classes from './map.module.css';

const SIDES: Readonly<Record<Flow, readonly [entry: Position, exit: Position]>> = {
  right: [Position.Left, Position.Right],
  down: [Position.Top, Position.Bottom],
};

/** One workload, one collapsed namespace, or what is outside. */
export const MapBox = memo(function MapBox({ data, selected }: NodeProps<BoxNode>) {
  const { box, light, flow } = data;
  const [entry, exit] = SIDES[flow];
  return (
    <div
      className={classes['box']}
      data-health={healthOf(box)}
      data-light={light}
      data-selected={selected}
    >
      <Handle type="target" position={entry} isConnectable={false} />
      <BoxWords box={box} />
      <Handle type="source" position={exit} isConnectable={false} />
    </div>
  );
});

function healthOf(box: Box) {
  switch (box.kind) {
    case 'workload':
      return box.node.health;
    case 'namespace':
      return box.health;
    case 'beyond':
      return 'outside';
  }
}

function BoxWords({ box }: { box: Box }) {
  switch (box.kind) {
    case 'workload':
      return (
        <>
          <strong className={classes['name']}>
            <HealthMark health={box.node.health} />
            <span>{box.node.ref.name}</span>
          </strong>
          <span className={classes['figures']}>{figuresOf(box.node)}</span>
        </>
      );
    case 'namespace':
      return (
        <>
          <strong className={classes['name']}>
            <HealthMark health={box.health} />
            <span>{box.namespace}</span>
          </strong>
          <span className={classes['figures']}>{countOf(box.workloads, 'workload')}</span>
        </>
      );
    case 'beyond':
      return (
        <>
          <strong className={classes['name']}>
            <HealthMark health="outside" />
            <span>{box.side === 'callers' ? 'unknown callers' : 'elsewhere'}</span>
          </strong>
          <span className={classes['figures']}>outside the mesh</span>
        </>
      );
  }
}

function figuresOf({ health, golden, tcp }: MapNode) {
  if (health === 'outside') return 'outside the mesh';
  if (golden?.successRate != null) {
    return (
      <>
        <span data-tone={health}>{plain(percent(golden.successRate))}</span>
        <span>{plain(perSecond(golden.requestsPerSecond))}</span>
      </>
    );
  }
  if (tcp !== null && tcp.openConnections > 0) {
    return plain(bytes(tcp.readBytesPerSecond + tcp.writeBytesPerSecond, '/s'));
  }
  return 'no traffic';
}

/** A namespace's frame around its boxes. */
export const MapFrame = memo(function MapFrame({ data }: NodeProps<FrameNode>) {
  const { namespace, idle } = data.group;
  return (
    <div className={classes['frame']}>
      <span className={classes['frameName']}>{namespace}</span>
      {idle === 0 ? null : <span className={classes['idle']}>+{idle} idle</span>}
    </div>
  );
});
