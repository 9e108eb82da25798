'use client';
import { Button } from '@mantine/core';
import Link from 'next/link';
import { keyOf } from '@tulle/model';
import type { RouteRow, ServiceRef } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { DataTable } from '@/components/ui/data-table/data-table.tsx';
import type { Column } from '@/components/ui/data-table/data-table.tsx';
import { Num } from '@/components/ui/num/num.tsx';
import { EmptyState } from '@/components/ui/state/states.tsx';
import { milliseconds, NO_DATA, percent, perSecond } from '@/lib/format/quantity.ts';
import { successTone } from '@/lib/format/success-tone.ts';
import { countOf } from '@/lib/format/words.ts';
import { routesAddress } from '@/lib/navigation/addresses.ts';
import classes from './route-table.module.css';

export interface RouteTableProps {
  routes: readonly RouteRow[];
  services: readonly ServiceRef[];
}

const COLUMNS: readonly Column<RouteRow>[] = [
  {
    key: 'route',
    header: 'Route',
    narrow: 'title',
    cell: ({ name, spec }) =>
      spec === null ? (
        <span className={classes['rest']} data-hint="Requests that match no defined route.">
          everything else
        </span>
      ) : (
        <span className={classes['name']}>{name}</span>
      ),
  },
  {
    key: 'timeout',
    header: 'Timeout',
    narrow: 'hidden',
    cell: ({ spec }) => (
      <span className={spec?.timeout === undefined ? classes['rest'] : undefined}>
        {spec?.timeout?.replace(/(\d)([a-zµ])/g, '$1 $2') ?? 'none'}
      </span>
    ),
  },
  {
    key: 'retries',
    header: 'Retries',
    narrow: 'hidden',
    cell: ({ spec }) => (spec?.isRetryable === true ? 'yes' : 'no'),
  },
  {
    key: 'success',
    header: 'Success',
    align: 'right',
    narrow: 'aside',
    cell: ({ golden, actualSuccessRate }) => (
      <Num
        quantity={percent(actualSuccessRate ?? golden?.successRate ?? null)}
        tone={successTone(golden)}
      />
    ),
  },
  {
    key: 'effective',
    header: 'Effective',
    align: 'right',
    narrow: 'hidden',
    cell: ({ effectiveSuccessRate: rate }) =>
      rate === null ? null : (
        <Num quantity={percent(rate)} tone="quiet" hint="After retries, as the callers saw it." />
      ),
  },
  {
    key: 'requests',
    header: 'Requests',
    align: 'right',
    cell: ({ golden }) => (
      <Num quantity={golden === null ? NO_DATA : perSecond(golden.requestsPerSecond)} />
    ),
  },
  {
    key: 'p50',
    header: 'P50',
    align: 'right',
    narrow: 'hidden',
    cell: ({ golden }) =>
      golden === null ? null : <Num quantity={milliseconds(golden.latencyP50Ms)} />,
  },
  {
    key: 'p99',
    header: 'P99',
    align: 'right',
    cell: ({ golden }) =>
      golden === null ? null : <Num quantity={milliseconds(golden.latencyP99Ms)} />,
  },
];

/** The routes of the workload's services with their own numbers: one card for each service. */
export function RouteTables({ routes, services }: RouteTableProps) {
  return services.map((service) => (
    <ServiceRoutes
      key={keyOf(service)}
      service={service}
      routes={routes.filter((route) => keyOf(route.service) === keyOf(service))}
    />
  ));
}

function ServiceRoutes({ service, routes }: { service: ServiceRef; routes: readonly RouteRow[] }) {
  const defined = routes.filter((route) => route.spec !== null).length;
  return (
    <Card
      title={`Routes of ${service.name}`}
      note={defined === 0 ? 'none defined' : `${defined} defined`}
      padded={false}
      aside={
        <Button
          size="xs"
          component={Link}
          href={routesAddress(service)}
          aria-label={`Edit the routes of ${service.name}`}
        >
          Edit
        </Button>
      }
    >
      {routes.length === 0 ? (
        <EmptyState title={`${service.name} has no routes`}>
          A route gives part of its traffic numbers of its own, a timeout and retries. Paths seen
          are proposed when you edit them.
        </EmptyState>
      ) : (
        <DataTable
          label={`Routes of ${service.name}, ${countOf(defined, 'route')} defined`}
          columns={COLUMNS}
          rows={routes}
          rowKey={(route) => route.name}
        />
      )}
    </Card>
  );
}
