/** Columns of a table of workloads: the overview's and a namespace's. */
import type { Provenance, WorkloadRow } from '@tulle/model';
import type { Column } from '@/components/ui/data-table/data-table.tsx';
import { HealthMark } from '@/components/ui/health-mark/health-mark.tsx';
import { Num } from '@/components/ui/num/num.tsx';
import { Sparkline, successFloor } from '@/components/ui/sparkline/sparkline.tsx';
import { Tag } from '@/components/ui/tag/tag.tsx';
import { hintOf, queryOf } from '@/lib/format/queries.ts';
import type { Measure } from '@/lib/format/queries.ts';
import {
  bytes,
  milliseconds,
  NO_INBOUND,
  percent,
  perSecond,
  plain,
} from '@/lib/format/quantity.ts';
import { countOf } from '@/lib/format/words.ts';
import { QuietText } from './quiet-text.tsx';

/** The columns, with every number's query and time behind it. */
export function workloadColumns(provenance: Provenance): readonly Column<WorkloadRow>[] {
  const hint = (measure: Measure, row: WorkloadRow) =>
    hintOf(queryOf(measure, row.ref, provenance.windowSeconds), provenance);
  return [
    {
      key: 'name',
      header: 'Workload',
      narrow: 'title',
      width: '19%',
      sortBy: (row) => row.ref.name,
      cell: ({ ref, health }) => (
        <>
          <HealthMark health={health} />
          {ref.name}
          <QuietText>{ref.kind}</QuietText>
        </>
      ),
    },
    {
      key: 'meshed',
      header: 'Meshed',
      narrow: 'hidden',
      sortBy: ({ meshed }) => meshed.meshed / Math.max(meshed.total, 1),
      cell: meshedCell,
    },
    {
      key: 'success',
      header: 'Success',
      align: 'right',
      narrow: 'aside',
      sortBy: (row) => row.golden?.successRate ?? null,
      cell: (row) => successCell(row, hint('success', row)),
    },
    {
      key: 'success-spark',
      header: 'Success, last 10 minutes',
      headerHidden: true,
      narrow: 'hidden',
      cell: ({ sparkSuccess, health, golden }) =>
        golden === null ? null : (
          <Sparkline
            values={sparkSuccess}
            tone={health}
            floor={successFloor(sparkSuccess)}
            ceiling={1}
          />
        ),
    },
    {
      key: 'requests',
      header: 'Requests',
      align: 'right',
      sortBy: (row) => row.golden?.requestsPerSecond ?? null,
      cell: (row) => requestsCell(row, hint('requests', row)),
    },
    {
      key: 'requests-spark',
      header: 'Requests, last 10 minutes',
      headerHidden: true,
      narrow: 'hidden',
      cell: ({ sparkRequests, golden }) =>
        golden === null ? null : <Sparkline values={sparkRequests} tone="accent" />,
    },
    latencyColumn('p50', 'P50', 'hidden', (row) => row.golden?.latencyP50Ms, hint),
    latencyColumn('p95', 'P95', 'figure', (row) => row.golden?.latencyP95Ms, hint),
    latencyColumn('p99', 'P99', 'figure', (row) => row.golden?.latencyP99Ms, hint),
    {
      key: 'routes',
      header: 'Routes seen',
      clip: true,
      narrow: 'hidden',
      width: '22%',
      cell: ({ routesSeen, routesSeenTotal }) => (
        <QuietText hint={routesSeen.join(', ')}>
          {routesText(routesSeen, routesSeenTotal)}
        </QuietText>
      ),
    },
  ];
}

function meshedCell({ meshed, health }: WorkloadRow) {
  if (health === 'outside') return <Tag>outside</Tag>;
  const all = meshed.meshed === meshed.total;
  return (
    <QuietText
      hint={all ? undefined : 'Not every instance has a proxy beside it.'}
    >{`${meshed.meshed}/${meshed.total}`}</QuietText>
  );
}

function successCell({ golden, tcp, health }: WorkloadRow, hint: string) {
  if (golden !== null) {
    return <Num quantity={percent(golden.successRate)} tone={health} hint={hint} />;
  }
  if (tcp === null) return <Num quantity={NO_INBOUND} />;
  return <Tag tone="blue">TCP, {countOf(tcp.openConnections, 'connection')}</Tag>;
}

function requestsCell({ golden, tcp }: WorkloadRow, hint: string) {
  if (golden !== null) return <Num quantity={perSecond(golden.requestsPerSecond)} hint={hint} />;
  if (tcp === null) return null;
  const read = bytes(tcp.readBytesPerSecond, '/s');
  const written = plain(bytes(tcp.writeBytesPerSecond, '/s'));
  return <Num quantity={read} hint={`${plain(read)} read, ${written} written`} />;
}

function latencyColumn(
  measure: 'p50' | 'p95' | 'p99',
  header: string,
  narrow: 'figure' | 'hidden',
  valueOf: (row: WorkloadRow) => number | null | undefined,
  hint: (measure: Measure, row: WorkloadRow) => string,
): Column<WorkloadRow> {
  return {
    key: measure,
    header,
    align: 'right',
    narrow,
    sortBy: (row) => valueOf(row) ?? null,
    cell: (row) =>
      row.golden === null ? null : (
        <Num quantity={milliseconds(valueOf(row) ?? null)} hint={hint(measure, row)} />
      ),
  };
}

/** The first two, and how many more: "/api/vote, /api/list +2". */
export function routesText(seen: readonly string[], total: number): string {
  const named = seen.slice(0, 2);
  const rest = total - named.length;
  return rest > 0 && named.length > 0 ? `${named.join(', ')} +${rest}` : named.join(', ');
}
