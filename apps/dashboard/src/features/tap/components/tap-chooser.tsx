'use client';
import Link from 'next/link';
import { keyOf } from '@tulle/model';
import type { OverviewView, WorkloadRow } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { Foot } from '@/components/ui/foot/foot.tsx';
import { HealthMark } from '@/components/ui/health-mark/health-mark.tsx';
import { Num } from '@/components/ui/num/num.tsx';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { EmptyState, ErrorState, LoadingState } from '@/components/ui/state/states.tsx';
import { perSecond } from '@/lib/format/quantity.ts';
import { useLiveState } from '@/lib/live/use-live-state.ts';
import { tapAddress } from '@/lib/navigation/addresses.ts';
import classes from './tap-chooser.module.css';

const NO_PARAMS = {};

/** What can be tapped: each workload, and a whole namespace. */
export function TapChooser() {
  const { data, error } = useLiveState('overview', NO_PARAMS);
  return (
    <>
      <PageHead title="Tap">watch requests as they happen</PageHead>
      <Card padded={false}>
        {data === undefined && error === null ? <LoadingState what="the workloads" /> : null}
        {error === null ? null : (
          <ErrorState title="The workloads could not be read" error={error}>
            They are asked for again by themselves.
          </ErrorState>
        )}
        {data === undefined ? null : <Choices overview={data} />}
      </Card>
      <Foot command="tulle viz tap ns/NAMESPACE" />
    </>
  );
}

function Choices({ overview }: { overview: OverviewView }) {
  const rows = Object.values(overview.workloads);
  if (rows.length === 0) {
    return <EmptyState title="No workload runs">There is nothing to tap yet.</EmptyState>;
  }
  const namespaces = [...new Set(rows.map(({ ref }) => ref.namespace))].sort();
  return (
    <ul className={classes['list']}>
      {namespaces.map((name) => (
        <li key={name}>
          <Link
            className={classes['row']}
            href={tapAddress({ kind: 'namespace', namespace: name, name })}
            data-row-link
          >
            <span className={classes['namespace']}>{name}</span>
            <span className={classes['note']}>everything in the namespace</span>
          </Link>
          <ul className={classes['list']}>
            {rows
              .filter(({ ref }) => ref.namespace === name)
              .map((row) => (
                <Choice key={keyOf(row.ref)} row={row} />
              ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

function Choice({ row }: { row: WorkloadRow }) {
  const { ref, health, golden } = row;
  return (
    <li>
      <Link className={classes['row']} href={tapAddress(ref)} data-row-link data-inner>
        <HealthMark health={health} />
        <span className={classes['name']}>{ref.name}</span>
        <span className={classes['note']}>
          {health === 'outside' ? (
            'outside the mesh: no proxy to tap'
          ) : (
            <Num quantity={perSecond(golden?.requestsPerSecond ?? null)} tone="quiet" />
          )}
        </span>
      </Link>
    </li>
  );
}
