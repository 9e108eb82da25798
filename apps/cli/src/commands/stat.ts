import {
  type GoldenMetrics,
  isWorkloadKind,
  keyOf,
  type Meshed,
  type OverviewView,
  parseGoDuration,
  parseKind,
  type ResourceKind,
  type ResourceRef,
  type SeriesPoint,
  type TcpMetrics,
  TulleError,
  type WorkloadRow,
  type WorkloadView,
} from '@tulle/model';
import {
  ALL_NAMESPACES,
  type CommandSpec,
  isSet,
  NAMESPACE,
  type Options,
  TABLE_OUTPUT,
  textOf,
} from '../command/command-spec.ts';
import type { Context } from '../command/context.ts';
import { namespaceOf } from '../command/namespace.ts';
import { bytesPerSecondText, msText, percentText, rpsText } from '../output/figures.ts';
import { type Column, tableLines } from '../output/table.ts';

/** The numbers of one row; quantiles and a rate are null where nothing was answered. */
type StatNumbers = Pick<
  GoldenMetrics,
  'successRate' | 'latencyP50Ms' | 'latencyP95Ms' | 'latencyP99Ms'
> & { readonly requestsPerSecond: number | null };

interface StatRow extends StatNumbers {
  readonly ref: ResourceRef;
  readonly meshed: Meshed;
  readonly tcp: TcpMetrics | null;
}

const NOTHING: StatNumbers = {
  successRate: null,
  requestsPerSecond: null,
  latencyP50Ms: null,
  latencyP95Ms: null,
  latencyP99Ms: null,
};
/** Linkerd's lower bound of a window. */
const SHORTEST_WINDOW_MS = 15_000;

/** `tulle stat`: golden metrics of what takes requests. */
export const STAT: CommandSpec = {
  name: 'stat',
  groups: ['', 'viz'],
  summary: 'success rate, requests and latency of workloads, instances and namespaces',
  args: [
    { name: '<resource>', about: 'a kind, or kind/name: deploy, deploy/web, pod, ns, all' },
    { name: '[name]', about: 'the name, when it is not written after the kind' },
  ],
  options: [
    NAMESPACE,
    ALL_NAMESPACES,
    TABLE_OUTPUT,
    { flags: '-t, --time-window <duration>', about: 'how far back, at least 15s (default 1m)' },
  ],
  examples: [
    'stat deploy -n emojivoto',
    'viz stat deploy/web -o wide',
    'stat ns',
    'stat all -A -t 5m',
  ],
  run: runStat,
};

async function runStat(context: Context, args: readonly string[], options: Options): Promise<void> {
  const asked = readTarget(args);
  const windowSeconds = readWindow(textOf(options, 'timeWindow'));
  const view = await context.api.get<OverviewView>('/overview');
  const everywhere = isSet(options, 'allNamespaces') || asked.kind === 'namespace';
  const namespace = everywhere ? null : await namespaceOf(context, options);
  const workloads = Object.values(view.workloads).filter(
    ({ ref }) => namespace === null || ref.namespace === namespace,
  );
  const rows = await collectRows(context, asked, workloads, view, windowSeconds);
  if (asked.name !== null && rows.length === 0) {
    throw new TulleError(
      'not_found',
      `There is no ${asked.kind} "${asked.name}"${namespace === null ? '' : ` in namespace ${namespace}`}; see them all with tulle stat ${asked.kind} -A`,
    );
  }
  printRows(context, rows, options, everywhere && asked.kind !== 'namespace');
}

interface Target {
  readonly kind: ResourceKind | 'all';
  readonly name: string | null;
}

function readTarget(args: readonly string[]): Target {
  const [kindWord = '', nameAfterSlash] = (args[0] ?? '').split('/');
  const name = nameAfterSlash ?? args[1] ?? null;
  if (kindWord === 'all') return { kind: 'all', name: null };
  const kind = parseKind(kindWord);
  if (kind === undefined) {
    throw new TulleError(
      'invalid_argument',
      `"${args[0] ?? ''}" is not a resource; write a kind or kind/name, for example deploy/web`,
    );
  }
  if (kind === 'service') {
    throw new TulleError(
      'invalid_argument',
      'stat answers for workloads, instances and namespaces; for a service see tulle routes svc/NAME',
    );
  }
  return { kind, name };
}

/** Seconds, or null for the controller's own window. */
function readWindow(text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = parseGoDuration(text);
  if (ms === null) {
    throw new TulleError('invalid_argument', `-t "${text}" is not a duration; write 1m or 30s`);
  }
  if (ms < SHORTEST_WINDOW_MS) {
    throw new TulleError('invalid_argument', `-t ${text} is too short; the least is 15s`);
  }
  return Math.round(ms / 1000);
}

async function collectRows(
  context: Context,
  asked: Target,
  workloads: readonly WorkloadRow[],
  view: OverviewView,
  windowSeconds: number | null,
): Promise<readonly StatRow[]> {
  const rows = await rowsOf(context, asked, workloads);
  const named = rows
    .filter(({ ref }) => asked.name === null || ref.name === asked.name)
    .sort((a, b) => keyOf(a.ref).localeCompare(keyOf(b.ref)));
  if (windowSeconds === null || windowSeconds === view.provenance.windowSeconds) return named;
  return Promise.all(named.map((row) => overWindow(context, row, windowSeconds)));
}

async function rowsOf(
  context: Context,
  asked: Target,
  workloads: readonly WorkloadRow[],
): Promise<readonly StatRow[]> {
  if (asked.kind === 'namespace') return namespaceRows(workloads);
  if (asked.kind === 'pod') return podRows(context, workloads);
  return workloads
    .filter(({ ref }) => asked.kind === 'all' || ref.kind === asked.kind)
    .map(workloadRow);
}

function workloadRow({ ref, meshed, golden, tcp }: WorkloadRow): StatRow {
  return { ref, meshed, tcp, ...(golden ?? NOTHING) };
}

async function podRows(
  context: Context,
  workloads: readonly WorkloadRow[],
): Promise<readonly StatRow[]> {
  const views = await Promise.all(
    workloads.map(({ ref }) =>
      context.api.get<WorkloadView>(`/workloads/${ref.namespace}/${ref.kind}/${ref.name}`),
    ),
  );
  return views.flatMap(({ instances }) =>
    instances.map(({ ref, meshed, golden }) => ({
      ref,
      meshed: { meshed: meshed ? 1 : 0, total: 1 },
      tcp: null,
      ...(golden ?? NOTHING),
    })),
  );
}

/** Rates add up; quantiles do not, so a namespace has none here. */
function namespaceRows(workloads: readonly WorkloadRow[]): readonly StatRow[] {
  const names = [...new Set(workloads.map(({ ref }) => ref.namespace))];
  return names.map((name) => {
    const own = workloads.filter(({ ref }) => ref.namespace === name);
    const sum = (pick: (row: WorkloadRow) => number): number =>
      own.reduce((total, row) => total + pick(row), 0);
    const success = sum(({ golden }) => golden?.successCount ?? 0);
    const answered = success + sum(({ golden }) => golden?.failureCount ?? 0);
    return {
      ref: { kind: 'namespace', namespace: name, name },
      meshed: { meshed: sum((row) => row.meshed.meshed), total: sum((row) => row.meshed.total) },
      tcp: null,
      ...NOTHING,
      successRate: answered === 0 ? null : success / answered,
      requestsPerSecond: sum(({ golden }) => golden?.requestsPerSecond ?? 0),
    };
  });
}

/** The same row over another window, as one point of the resource's history. */
async function overWindow(context: Context, row: StatRow, windowSeconds: number): Promise<StatRow> {
  if (!isWorkloadKind(row.ref.kind)) {
    throw new TulleError('invalid_argument', `-t works for workloads, not for a ${row.ref.kind}`);
  }
  const query = new URLSearchParams({
    resource: keyOf(row.ref),
    rangeSeconds: String(windowSeconds),
    stepSeconds: String(windowSeconds),
  });
  const points = await context.api.get<readonly SeriesPoint[]>(`/series?${query.toString()}`);
  return { ...row, ...(points.at(-1) ?? NOTHING) };
}

function printRows(
  context: Context,
  rows: readonly StatRow[],
  options: Options,
  withNamespace: boolean,
): void {
  const { print } = context;
  const format = textOf(options, 'output');
  if (format === 'json') return print.json(rows.map(jsonOf));
  if (rows.length === 0) return print.note('Nothing of that kind runs there.');
  for (const line of tableLines(columnsOf(withNamespace, format === 'wide'), rows))
    print.line(line);
  return undefined;
}

function jsonOf({ ref, ...numbers }: StatRow): unknown {
  return { namespace: ref.namespace, kind: ref.kind, name: ref.name, ...numbers };
}

function columnsOf(withNamespace: boolean, wide: boolean): readonly Column<StatRow>[] {
  const right = 'right' as const;
  return [
    ...(withNamespace ? [{ head: 'NAMESPACE', cell: ({ ref }: StatRow) => ref.namespace }] : []),
    { head: 'NAME', cell: ({ ref }) => ref.name },
    { head: 'MESHED', align: right, cell: ({ meshed }) => `${meshed.meshed}/${meshed.total}` },
    { head: 'SUCCESS', align: right, cell: (row) => percentText(row.successRate) },
    { head: 'RPS', align: right, cell: (row) => rpsText(row.requestsPerSecond) },
    { head: 'LATENCY_P50', align: right, cell: (row) => msText(row.latencyP50Ms) },
    { head: 'LATENCY_P95', align: right, cell: (row) => msText(row.latencyP95Ms) },
    { head: 'LATENCY_P99', align: right, cell: (row) => msText(row.latencyP99Ms) },
    {
      head: 'TCP_CONN',
      align: right,
      cell: ({ tcp }) => (tcp === null ? '-' : String(tcp.openConnections)),
    },
    ...(wide ? WIDE_COLUMNS : []),
  ];
}

const WIDE_COLUMNS: readonly Column<StatRow>[] = [
  {
    head: 'READ_BYTES/SEC',
    align: 'right',
    cell: ({ tcp }) => bytesPerSecondText(tcp?.readBytesPerSecond ?? null),
  },
  {
    head: 'WRITE_BYTES/SEC',
    align: 'right',
    cell: ({ tcp }) => bytesPerSecondText(tcp?.writeBytesPerSecond ?? null),
  },
];
