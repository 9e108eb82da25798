'use client';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import type { PointerEvent } from 'react';
import type { TapExchange } from '@tulle/model';
import { groupThousands } from '@/lib/format/quantity.ts';
import { TapRow } from './tap-row.tsx';
import classes from './tap-list.module.css';

interface TapListProps {
  rows: readonly TapExchange[];
  /** Arrived since the list stands still. */
  waiting: number;
  selectedId: string | null;
  onSelect: (exchange: TapExchange) => void;
  /** True when new rows must not push: the list is scrolled, or a pointer moves over it. */
  onHold: (hold: boolean) => void;
  /** Two lines a row. */
  narrow: boolean;
}

const ROW_PX = 30;
const NARROW_ROW_PX = 58;
/** A pointer that rests this long reads no more, and rows may move again. */
const POINTER_RESTS_MS = 1500;
/** Scrolled less than this is still "at the top". */
const TOP_PX = 6;

/** Exchanges, newest first. Only what is in view is drawn, so 50,000 rows scroll like fifty. */
export function TapList(props: TapListProps) {
  const { rows, waiting, selectedId, onSelect, onHold, narrow } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const hold = useHold(onHold);
  // oxlint-disable-next-line react/incompatible-library -- the list draws itself anew with each scroll, as it must
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (narrow ? NARROW_ROW_PX : ROW_PX),
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 12,
  });
  const widestMs = useMemo(() => widestOf(rows), [rows]);
  return (
    <div className={classes['list']}>
      <div className={classes['head']} aria-hidden>
        <span>Time</span>
        <span>From</span>
        <span>To</span>
        <span>Method and path</span>
        <span data-align="right">Status</span>
        <span data-align="right">Latency</span>
        <span>Waiting, then body</span>
      </div>
      {waiting > 0 ? (
        <button
          type="button"
          className={classes['fresh']}
          onClick={() => {
            scroller.current?.scrollTo({ top: 0 });
            hold.release();
          }}
        >
          {groupThousands(waiting)} new
        </button>
      ) : null}
      <div
        ref={scroller}
        className={classes['scroll']}
        onScroll={({ currentTarget }) => hold.scrolled(currentTarget.scrollTop > TOP_PX)}
        onPointerMove={hold.pointerMoved}
        onPointerLeave={hold.pointerLeft}
      >
        <ul
          className={classes['rows']}
          style={{ height: virtual.getTotalSize() }}
          aria-label="Exchanges, newest first"
        >
          {virtual.getVirtualItems().map(({ index, key, start }) => {
            const exchange = rows[index];
            if (exchange === undefined) return null;
            return (
              <li
                key={key}
                className={classes['place']}
                style={{ transform: `translateY(${start}px)` }}
              >
                <TapRow
                  exchange={exchange}
                  widestMs={widestMs}
                  selected={exchange.id === selectedId}
                  onSelect={onSelect}
                />
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}

/** The widest of the newest rows; the bars of the view compare with each other, not with a minute ago. */
function widestOf(rows: readonly TapExchange[]): number {
  return rows
    .slice(0, 200)
    .reduce(
      (widest, { durationMs, latencyMs }) => Math.max(widest, durationMs ?? latencyMs ?? 0),
      1,
    );
}

/** Says when the rows must stand still: scrolled away from the top, or a pointer moving over them. */
function useHold(onHold: (hold: boolean) => void) {
  const state = useRef({ scrolled: false, pointed: false });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return useMemo(() => {
    const tell = () => onHold(state.current.scrolled || state.current.pointed);
    const point = (pointed: boolean) => {
      clearTimeout(timer.current);
      state.current.pointed = pointed;
      tell();
    };
    return {
      scrolled: (away: boolean): void => {
        if (state.current.scrolled === away) return;
        state.current.scrolled = away;
        tell();
      },
      pointerMoved: (event: PointerEvent): void => {
        if (event.pointerType !== 'mouse') return;
        point(true);
        timer.current = setTimeout(() => point(false), POINTER_RESTS_MS);
      },
      pointerLeft: () => point(false),
      release: (): void => {
        state.current = { scrolled: false, pointed: false };
        tell();
      },
    };
  }, [onHold]);
}
