import {
  isWorkloadKind,
  parseResource,
  TulleError,
  type WhyFacet,
  type WhyProperty,
  type WhyValue,
  type WhyView,
} from '@tulle/model';
import {
  type CommandSpec,
  NAMESPACE,
  type Options,
  TABLE_OUTPUT,
  textOf,
} from '../command/command-spec.ts';
import type { Context } from '../command/context.ts';
import { namespaceOf } from '../command/namespace.ts';
import { percentText } from '../output/figures.ts';
import { type Column, tableLines } from '../output/table.ts';

/** `tulle viz why`: what a workload's failures have in common. */
export const WHY: CommandSpec = {
  name: 'why',
  groups: ['viz'],
  summary: "what a workload's failed answers have in common",
  args: [
    { name: '<resource>', about: 'deploy/voting' },
    { name: '[name]', about: 'the name, when it is not written after the kind' },
  ],
  options: [NAMESPACE, TABLE_OUTPUT],
  examples: ['viz why deploy/voting -n emojivoto', 'viz why deploy voting -o json'],
  run: runWhy,
};

async function runWhy(context: Context, args: readonly string[], options: Options): Promise<void> {
  const namespace = await namespaceOf(context, options);
  const { kind, name } = parseResource(args.join('/'), namespace);
  if (!isWorkloadKind(kind)) {
    throw new TulleError('invalid_argument', `Failures are told of workloads, not of a ${kind}`);
  }
  const view = await context.api.get<WhyView>(`/workloads/${namespace}/${kind}/${name}/why`);
  if (textOf(options, 'output') === 'json') return context.print.json(view);
  if (view.sentence === null) {
    return context.print.note(`Nothing ${name} answered in the last 10 minutes was a failure.`);
  }
  context.print.line(view.sentence);
  context.print.line('');
  for (const line of tableLines(COLUMNS, view.facets.flatMap(rowsOf))) context.print.line(line);
  return undefined;
}

interface Row {
  readonly property: WhyProperty;
  readonly value: WhyValue;
}

function rowsOf({ property, values }: WhyFacet): readonly Row[] {
  return values.map((value) => ({ property, value }));
}

const COLUMNS: readonly Column<Row>[] = [
  { head: 'BY', cell: ({ property }) => property },
  { head: 'VALUE', cell: ({ value }) => value.words },
  { head: 'OF_FAILURES', align: 'right', cell: ({ value }) => percentText(value.failureShare) },
  { head: 'OF_REQUESTS', align: 'right', cell: ({ value }) => percentText(value.requestShare) },
  { head: 'FAILED', align: 'right', cell: ({ value }) => `${value.failures}/${value.requests}` },
  { head: 'TAP_FILTER', cell: ({ value }) => value.filter },
];
