import { memo } from 'react';
import type { TapExchange } from '@tulle/model';
import { Num } from '@/components/ui/num/num.tsx';
import { milliseconds } from '@/lib/format/quantity.ts';
import { clockWithMs, peerName, phasesOf, shortPath, statusOf } from '../view-model/tap-row.ts';
import classes from './tap-list.module.css';

interface TapRowProps {
  exchange: TapExchange;
  /** Latency of a full bar. */
  widestMs: number;
  selected: boolean;
  onSelect: (exchange: TapExchange) => void;
}

/** One exchange. `j` and `k` walk the rows, Enter opens one. */
export const TapRow = memo(function TapRow(props: TapRowProps) {
  const { exchange, widestMs, selected, onSelect } = props;
  const status = statusOf(exchange);
  const phases = phasesOf(exchange, widestMs);
  const pending = exchange.outcome.kind === 'pending';
  return (
    <button
      type="button"
      className={classes['row']}
      data-row-link
      data-failed={status.tone === 'bad'}
      data-selected={selected}
      aria-pressed={selected}
      onClick={() => onSelect(exchange)}
    >
      <span className={classes['time']}>{clockWithMs(exchange.atMs)}</span>
      <span className={classes['peer']}>{peerName(exchange.source)}</span>
      <span className={classes['peer']} data-side="to">
        {peerName(exchange.destination)}
      </span>
      <span className={classes['path']}>
        <span className={classes['method']}>{exchange.method}</span> {shortPath(exchange)}
      </span>
      <span className={classes['status']} data-tone={status.tone}>
        {status.text}
      </span>
      <span className={classes['latency']}>
        {pending ? null : <Num quantity={milliseconds(exchange.latencyMs)} />}
      </span>
      <span className={classes['phases']} aria-hidden>
        <i className={classes['waiting']} style={{ width: `${phases.waiting * 100}%` }} />
        <i className={classes['body']} style={{ width: `${phases.body * 100}%` }} />
      </span>
    </button>
  );
});
