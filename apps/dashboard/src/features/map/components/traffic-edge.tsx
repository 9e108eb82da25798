import { BaseEdge, EdgeLabelRenderer, getBezierPath } from '@xyflow/react';
import type { EdgeProps } from '@xyflow/react';
import { IconLock } from '@tabler/icons-react';
import { memo } from 'react';
import type { FlowEdge } from '../view-model/flow-elements.ts';
import classes from './map.module.css';

/** A line: as wide as its rate, coloured by its success, dashed in plain text, locked when mutual TLS. */
export const TrafficEdge = memo(function TrafficEdge(props: EdgeProps<FlowEdge>) {
  const { id, source, target, data, selected = false } = props;
  if (data === undefined) return null;
  const [path, labelX, labelY] = source === target ? loopPath(props) : getBezierPath(props);
  const { look, light, labelled } = data;
  return (
    <g
      className={classes['line']}
      data-tone={look.tone}
      data-light={light}
      data-dashed={look.dashed}
      data-selected={selected}
    >
      {light === 'lit' || selected ? (
        <path className={classes['halo']} d={path} strokeWidth={look.width + 6} />
      ) : null}
      <BaseEdge
        id={id}
        path={path}
        className={classes['stroke'] ?? ''}
        // React Flow's own colour of a selected line is of higher specificity than a class.
        style={{ strokeWidth: look.width, stroke: 'var(--tone)' }}
        interactionWidth={18}
      />
      {labelled && look.label !== '' ? (
        <EdgeLabelRenderer>
          <span
            className={classes['label']}
            data-tone={look.tone}
            data-light={light}
            data-selected={selected}
            style={{ transform: `translate(-50%, -50%) translate(${labelX}px, ${labelY}px)` }}
          >
            {look.locked ? <IconLock size={11} stroke={2.2} aria-hidden /> : null}
            {look.label}
          </span>
        </EdgeLabelRenderer>
      ) : null}
    </g>
  );
});

const LOOP_RISE = 46;

/** A workload that calls itself: out at the right, over the top, in at the left. */
function loopPath({
  sourceX,
  sourceY,
  targetX,
  targetY,
}: EdgeProps<FlowEdge>): [string, number, number] {
  const top = Math.min(sourceY, targetY) - LOOP_RISE;
  const path = `M${sourceX} ${sourceY} C${sourceX + 40} ${top} ${targetX - 40} ${top} ${targetX} ${targetY}`;
  return [path, (sourceX + targetX) / 2, top + 12];
}
