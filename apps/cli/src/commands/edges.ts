import {
  isWorkloadKind,
  keyOf,
  type OverviewView,
  parseKind,
  type ResourceRef,
  TulleError,
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
import { type Column, tableLines } from '../output/table.ts';

interface Edge {
  readonly source: Pick<ResourceRef, 'namespace' | 'name'>;
  readonly destination: Pick<ResourceRef, 'namespace' | 'name'>;
  readonly clientIdentity: string | null;
  readonly serverIdentity: string | null;
  /** Null when it is mutual TLS. */
  readonly plainReason: string | null;
}

/** `tulle edges`: who talks to whom, and whether it is secured. */
export const EDGES: CommandSpec = {
  name: 'edges',
  groups: ['', 'viz'],
  summary: 'who talks to whom, and whether it is mutual TLS',
  args: [{ name: '[kind]', about: 'a kind of workload; every kind without it' }],
  options: [NAMESPACE, ALL_NAMESPACES, TABLE_OUTPUT],
  examples: ['edges deploy -n emojivoto', 'edges -A -o wide'],
  run: runEdges,
};

async function runEdges(
  context: Context,
  args: readonly string[],
  options: Options,
): Promise<void> {
  const kind = args[0] === undefined ? null : (parseKind(args[0]) ?? 'namespace');
  if (kind !== null && !isWorkloadKind(kind)) {
    throw new TulleError(
      'invalid_argument',
      `"${args[0] ?? ''}" is not a kind of workload, for example deploy`,
    );
  }
  const namespace = isSet(options, 'allNamespaces') ? null : await namespaceOf(context, options);
  const { workloads } = await context.api.get<OverviewView>('/overview');
  const asked = Object.values(workloads)
    .map(({ ref }) => ref)
    .filter(
      (ref) =>
        (kind === null || ref.kind === kind) && (namespace === null || ref.namespace === namespace),
    );
  const views = await Promise.all(
    asked.map((ref) =>
      context.api.get<WorkloadView>(`/workloads/${ref.namespace}/${ref.kind}/${ref.name}`),
    ),
  );
  printEdges(context, edgesOf(views), textOf(options, 'output'));
}

/** Each edge once, though both of its ends tell it. */
function edgesOf(views: readonly WorkloadView[]): readonly Edge[] {
  const edges = new Map<string, Edge>();
  for (const { row, calledBy, calls } of views) {
    const both = [
      ...calledBy.map((edge) => ({ edge, source: edge.peer ?? OUTSIDE, destination: row.ref })),
      ...calls.map((edge) => ({ edge, source: row.ref, destination: edge.peer ?? OUTSIDE })),
    ];
    for (const { edge, source, destination } of both) {
      const { clientIdentity, serverIdentity, plainReason } = edge;
      const key = `${keyOf(source)} ${keyOf(destination)}`;
      if (!edges.has(key)) {
        edges.set(key, { source, destination, clientIdentity, serverIdentity, plainReason });
      }
    }
  }
  return [...edges.entries()].sort(([a], [b]) => a.localeCompare(b)).map(([, edge]) => edge);
}

const OUTSIDE: ResourceRef = { kind: 'namespace', namespace: '-', name: 'outside the mesh' };

function printEdges({ print }: Context, edges: readonly Edge[], format: string | undefined): void {
  if (format === 'json') return print.json(edges);
  if (edges.length === 0) return print.note('Nobody talks to anybody there.');
  const columns = format === 'wide' ? [...COLUMNS, ...IDENTITIES, SECURED] : [...COLUMNS, SECURED];
  for (const line of tableLines(columns, edges)) print.line(line);
  return undefined;
}

const COLUMNS: readonly Column<Edge>[] = [
  { head: 'SRC', cell: ({ source }) => source.name },
  { head: 'DST', cell: ({ destination }) => destination.name },
  { head: 'SRC_NS', cell: ({ source }) => source.namespace },
  { head: 'DST_NS', cell: ({ destination }) => destination.namespace },
];
const IDENTITIES: readonly Column<Edge>[] = [
  { head: 'CLIENT_ID', cell: ({ clientIdentity }) => shortIdentity(clientIdentity) },
  { head: 'SERVER_ID', cell: ({ serverIdentity }) => shortIdentity(serverIdentity) },
];
const SECURED: Column<Edge> = { head: 'SECURED', cell: ({ plainReason }) => plainReason ?? '√' };

/** `web.emojivoto.serviceaccount.identity.…` → `web.emojivoto`, as Linkerd shortens it. */
function shortIdentity(identity: string | null): string {
  return identity === null ? '-' : identity.split('.').slice(0, 2).join('.');
}
