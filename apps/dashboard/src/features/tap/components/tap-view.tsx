'use client';
import { Button, Drawer } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { formatResource } from '@tulle/model';
import type { ResourceRef, TapExchange } from '@tulle/model';
import { Foot } from '@/components/ui/foot/foot.tsx';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { EmptyState, ErrorState, LoadingState } from '@/components/ui/state/states.tsx';
import type { Tap } from '../data/use-tap.ts';
import { tapCountText } from '../view-model/foot-text.ts';
import { TapDetail } from './tap-detail.tsx';
import { TapNotices } from './tap-notices.tsx';
import { TapStrip } from './tap-strip.tsx';
import classes from './tap-view.module.css';

export interface TapViewProps {
  resource: ResourceRef;
  tap: Tap;
  /** The filter as text, for the command below. */
  filterText: string;
  nowMs: number;
  paused: boolean;
  grouped: boolean;
  selected: TapExchange | null;
  /** Bodies are captured. */
  bodies: boolean;
  filterBar: ReactNode;
  /** The list, or the groups. */
  children: ReactNode;
  onPause: () => void;
  onGroup: () => void;
  onClear: () => void;
  onClose: () => void;
  onOnlyThese: (filter: string) => void;
  /** Begins or ends capturing bodies. */
  onBodies: () => void;
}

/** The tap page: filter, the last minute, the exchanges, and the one that is opened. */
export function TapView(props: TapViewProps) {
  const { resource, tap, filterText, nowMs, paused, grouped, selected, children } = props;
  const sheet = useMediaQuery('(width <= 1080px)');
  const { snapshot } = tap;
  const { onOnlyThese, bodies, onBodies } = props;
  const detail = { onOnlyThese, bodies, onBodies };
  return (
    <>
      <PageHead title={`Tap ${formatResource(resource)}`}>{headNote(tap, paused)}</PageHead>
      <div className={classes['bar']}>
        {props.filterBar}
        <div className={classes['buttons']}>
          <Button aria-pressed={grouped} onClick={props.onGroup}>
            {grouped ? 'One by one' : 'Group alike'}
          </Button>
          <Button aria-pressed={paused} aria-keyshortcuts="p" onClick={props.onPause}>
            {paused ? `Resume${snapshot.waiting > 0 ? ` (${snapshot.waiting})` : ''}` : 'Pause'}
          </Button>
          <Button disabled={snapshot.kept === 0} onClick={props.onClear}>
            Clear
          </Button>
        </div>
      </div>
      <TapNotices status={tap.status} notice={tap.notice} missedMs={tap.missedMs} />
      <TapStrip rows={snapshot.shown} nowMs={nowMs} />
      <div className={classes['panes']} data-open={selected !== null && !sheet}>
        <div className={classes['main']}>{contentOf(tap, filterText, children)}</div>
        {selected === null || sheet ? null : (
          <aside className={classes['aside']} aria-label="The exchange">
            <TapDetail exchange={selected} {...detail} />
          </aside>
        )}
      </div>
      {sheet ? (
        <Drawer
          opened={selected !== null}
          onClose={props.onClose}
          position="bottom"
          size="82%"
          title="Exchange"
          classNames={{ header: classes['sheetHead'] ?? '', body: classes['sheetBody'] ?? '' }}
          closeButtonProps={{ 'aria-label': 'Close' }}
        >
          {selected === null ? null : <TapDetail exchange={selected} {...detail} />}
        </Drawer>
      ) : null}
      <Foot command={tapCommand(resource, filterText)}>
        <span className={classes['count']}>{tapCountText(snapshot, nowMs)}</span>
      </Foot>
    </>
  );
}

function headNote({ status, snapshot }: Tap, paused: boolean): string {
  if (paused) return 'paused; what arrives is kept';
  if (status === 'starting') return 'starting';
  if (status === 'running') return snapshot.kept === 0 ? 'waiting for the first request' : 'live';
  return '';
}

function contentOf({ status, error, snapshot }: Tap, filterText: string, children: ReactNode) {
  if (error !== null && snapshot.kept === 0) {
    return (
      <ErrorState title="The tap was refused" error={error}>
        It is asked again by itself.
      </ErrorState>
    );
  }
  if (status === 'starting' && snapshot.kept === 0) return <LoadingState what="the tap" rows={8} />;
  if (snapshot.kept === 0) {
    return (
      <EmptyState title="No request yet">
        The proxies are listening. A row appears with the next request to or from it.
      </EmptyState>
    );
  }
  if (snapshot.shown.length === 0 && snapshot.waiting === 0) {
    return (
      <EmptyState title="Nothing passes the filter">
        {`${snapshot.kept} exchanges are kept; none of them is ${filterText === '' ? 'shown' : filterText}.`}
      </EmptyState>
    );
  }
  return children;
}

function tapCommand(resource: ResourceRef, filterText: string): string {
  const namespace = resource.kind === 'namespace' ? '' : ` -n ${resource.namespace}`;
  const filter =
    filterText === '' ? '' : ` --filter '${filterText.replaceAll("'", String.raw`'\''`)}'`;
  return `tulle viz tap ${formatResource(resource)}${namespace}${filter}`;
}
