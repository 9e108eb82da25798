import {
  type OverviewView,
  parseResource,
  type ResourceRef,
  type RouteRow,
  type RoutesView,
  type WorkloadView,
} from '@tulle/model';
import { TulleError, isWorkloadKind } from '@tulle/model';
import {
  type CommandSpec,
  NAMESPACE,
  type Options,
  TABLE_OUTPUT,
  textOf,
} from '../command/command-spec.ts';
import type { Context } from '../command/context.ts';
import { namespaceOf } from '../command/namespace.ts';
import { msText, percentText, rpsText } from '../output/figures.ts';
import { type Column, tableLines } from '../output/table.ts';

/** `tulle routes`: golden metrics per route. */
export const ROUTES: CommandSpec = {
  name: 'routes',
  groups: ['', 'viz'],
  summary: 'success rate, requests and latency of each route',
  args: [
    { name: '[resource]', about: 'svc/web-svc or deploy/web; without it every service' },
    { name: '[name]', about: 'the name, when it is not written after the kind' },
  ],
  options: [NAMESPACE, TABLE_OUTPUT],
  examples: ['routes svc/web-svc -n emojivoto', 'viz routes deploy/web -o wide'],
  run: runRoutes,
};

async function runRoutes(
  context: Context,
  args: readonly string[],
  options: Options,
): Promise<void> {
  const namespace = await namespaceOf(context, options);
  const rows = await rowsOf(context, args, namespace);
  const format = textOf(options, 'output');
  if (format === 'json') return context.print.json(rows);
  if (rows.length === 0)
    return context.print.note(`No service of namespace ${namespace} has routes.`);
  const columns = format === 'wide' ? [...COLUMNS, ...WIDE_COLUMNS] : COLUMNS;
  for (const line of tableLines(columns, rows)) context.print.line(line);
  return undefined;
}

async function rowsOf(
  context: Context,
  args: readonly string[],
  namespace: string,
): Promise<readonly RouteRow[]> {
  if (args.length === 0) {
    const { services } = await context.api.get<OverviewView>('/overview');
    const own = services.filter((service) => service.namespace === namespace);
    const all = await Promise.all(own.map((service) => serviceRoutes(context, service)));
    return all.flat();
  }
  const ref = parseResource(args.join('/'), namespace);
  if (ref.kind === 'service') return serviceRoutes(context, ref);
  if (!isWorkloadKind(ref.kind)) {
    throw new TulleError(
      'invalid_argument',
      `Routes belong to services and workloads, not to a ${ref.kind}`,
    );
  }
  const view = await context.api.get<WorkloadView>(
    `/workloads/${namespace}/${ref.kind}/${ref.name}`,
  );
  return view.routes;
}

async function serviceRoutes(
  context: Context,
  { namespace, name }: ResourceRef,
): Promise<readonly RouteRow[]> {
  const view = await context.api.get<RoutesView>(`/services/${namespace}/${name}/routes`);
  return view.routes;
}

const COLUMNS: readonly Column<RouteRow>[] = [
  { head: 'ROUTE', cell: ({ name }) => name },
  { head: 'SERVICE', cell: ({ service }) => service.name },
  {
    head: 'SUCCESS',
    align: 'right',
    cell: ({ golden }) => percentText(golden?.successRate ?? null),
  },
  { head: 'RPS', align: 'right', cell: ({ golden }) => rpsText(golden?.requestsPerSecond ?? null) },
  {
    head: 'LATENCY_P50',
    align: 'right',
    cell: ({ golden }) => msText(golden?.latencyP50Ms ?? null),
  },
  {
    head: 'LATENCY_P95',
    align: 'right',
    cell: ({ golden }) => msText(golden?.latencyP95Ms ?? null),
  },
  {
    head: 'LATENCY_P99',
    align: 'right',
    cell: ({ golden }) => msText(golden?.latencyP99Ms ?? null),
  },
];
const WIDE_COLUMNS: readonly Column<RouteRow>[] = [
  {
    head: 'EFFECTIVE_SUCCESS',
    align: 'right',
    cell: (row) => percentText(row.effectiveSuccessRate),
  },
  { head: 'ACTUAL_SUCCESS', align: 'right', cell: (row) => percentText(row.actualSuccessRate) },
];
