'use client';
import type { InstanceRow } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { DataTable } from '@/components/ui/data-table/data-table.tsx';
import type { Column } from '@/components/ui/data-table/data-table.tsx';
import { Num } from '@/components/ui/num/num.tsx';
import { EmptyState } from '@/components/ui/state/states.tsx';
import { Tag } from '@/components/ui/tag/tag.tsx';
import type { TagTone } from '@/components/ui/tag/tag.tsx';
import { milliseconds, NO_INBOUND, percent, perSecond } from '@/lib/format/quantity.ts';
import { successTone } from '@/lib/format/success-tone.ts';
import { ago, clockOrDate, span } from '@/lib/format/time.ts';
import { useNow } from '@/lib/format/use-now.ts';

const PHASE_TONES: Readonly<Record<InstanceRow['phase'], TagTone>> = {
  ready: 'quiet',
  starting: 'accent',
  stopping: 'quiet',
  failed: 'bad',
};

export interface InstanceTableProps {
  instances: readonly InstanceRow[];
}

/** The workload's instances: whether they are ready, their proxy and certificate, and their own numbers. */
export function InstanceTable({ instances }: InstanceTableProps) {
  const nowMs = useNow();
  return (
    <Card title="Instances" padded={false}>
      {instances.length === 0 ? (
        <EmptyState title="No instance runs">
          The platform has started none, or all of them ended. It tries again by itself.
        </EmptyState>
      ) : (
        <DataTable
          label="Instances"
          columns={columnsAt(nowMs)}
          rows={instances}
          rowKey={(instance) => instance.ref.name}
        />
      )}
    </Card>
  );
}

function columnsAt(nowMs: number): readonly Column<InstanceRow>[] {
  return [
    { key: 'name', header: 'Instance', narrow: 'title', cell: ({ ref }) => ref.name },
    {
      key: 'phase',
      header: 'State',
      narrow: 'aside',
      cell: ({ phase, reason }) => (
        <Tag tone={PHASE_TONES[phase]} {...(reason === null ? {} : { hint: reason })}>
          {phase}
        </Tag>
      ),
    },
    {
      key: 'started',
      header: 'Started',
      cell: ({ startedAtMs }) => (
        <span data-hint={clockOrDate(startedAtMs, nowMs)}>{ago(startedAtMs, nowMs)}</span>
      ),
    },
    {
      key: 'restarts',
      header: 'Restarts',
      align: 'right',
      narrow: 'hidden',
      cell: ({ restarts }) => restarts,
    },
    { key: 'proxy', header: 'Proxy', narrow: 'hidden', cell: proxyCell },
    {
      key: 'certificate',
      header: 'Certificate',
      narrow: 'hidden',
      cell: ({ certificateExpiresAtMs: expiresAtMs }) =>
        expiresAtMs === null ? null : (
          <span data-hint={`until ${clockOrDate(expiresAtMs, nowMs)}`}>
            {expiresAtMs <= nowMs ? 'expired' : `${span(expiresAtMs - nowMs)} left`}
          </span>
        ),
    },
    {
      key: 'success',
      header: 'Success',
      align: 'right',
      narrow: 'hidden',
      cell: ({ golden }) => (
        <Num
          quantity={golden === null ? NO_INBOUND : percent(golden.successRate)}
          tone={successTone(golden)}
        />
      ),
    },
    {
      key: 'requests',
      header: 'Requests',
      align: 'right',
      cell: ({ golden }) =>
        golden === null ? null : <Num quantity={perSecond(golden.requestsPerSecond)} />,
    },
    {
      key: 'p99',
      header: 'P99',
      align: 'right',
      cell: ({ golden }) =>
        golden === null ? null : <Num quantity={milliseconds(golden.latencyP99Ms)} />,
    },
  ];
}

function proxyCell({ meshed, proxyVersion }: InstanceRow) {
  if (!meshed) return <Tag>none</Tag>;
  return proxyVersion ?? 'starting';
}
