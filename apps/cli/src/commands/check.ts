import { setTimeout as delay } from 'node:timers/promises';
import { TulleError } from '@tulle/model';
import { IDENTITY, WEBHOOKS } from '../check/certificate-checks.ts';
import type { CategoryOutcome, CheckCategory, CheckOutcome } from '../check/check.ts';
import {
  CONFIG,
  CRDS,
  EXISTENCE,
  HA,
  KUBERNETES_API,
  PRE_INSTALL,
} from '../check/control-plane-checks.ts';
import { DATA_PLANE, VERSIONS } from '../check/data-plane-checks.ts';
import { runChecks } from '../check/run-checks.ts';
import { type CommandSpec, isSet, type Options, textOf } from '../command/command-spec.ts';
import type { Context } from '../command/context.ts';

const INSTALLED = [KUBERNETES_API, CRDS, EXISTENCE, CONFIG, IDENTITY, WEBHOOKS, VERSIONS, HA];
const MARK = { success: '√', warning: '‼', error: '×' } as const;
const PAINT = { success: 'ok', warning: 'warn', error: 'bad' } as const;
const DURATION = /^(\d+)(s|m)$/;

/** `tulle check`: whether what is installed is well, and what to do where it is not. */
export const CHECK: CommandSpec = {
  name: 'check',
  groups: [''],
  summary: 'look whether the mesh in a cluster is well, and say what to do where it is not',
  args: [],
  options: [
    { flags: '--pre', about: 'before an install: whether it can work' },
    { flags: '--proxy', about: 'look at the proxies beside the workloads too' },
    { flags: '-n, --namespace <name>', about: 'with --proxy: only those of this namespace' },
    { flags: '--wait <time>', about: 'how long to wait for what is starting', default: '300s' },
    {
      flags: '-o, --output <format>',
      about: 'how to print it',
      choices: ['table', 'json', 'short'],
      default: 'table',
    },
  ],
  talksTo: 'cluster',
  examples: ['check', 'check --pre', 'check --proxy -n emojivoto', 'check -o json'],
  async run(context, _args, options) {
    const output = textOf(options, 'output') ?? 'table';
    const outcomes = await runChecks(
      categoriesFor(options),
      {
        cluster: await context.cluster(),
        controlPlaneNamespace: context.controlPlaneNamespace,
        namespace: textOf(options, 'namespace'),
        nowMs: Date.now(),
      },
      {
        waitMs: readWait(textOf(options, 'wait') ?? '0s'),
        now: Date.now,
        delay: async (ms) => {
          await delay(ms, undefined, { signal: context.signal });
        },
        onCategory: (name) => {
          if (output === 'table') printCategory(context, name);
        },
        onOutcome: (outcome) => {
          if (output === 'table' || (output === 'short' && outcome.result !== 'success')) {
            printOutcome(context, outcome);
          }
        },
      },
    );
    conclude(context, outcomes, output);
  },
};

function categoriesFor(options: Options): readonly CheckCategory[] {
  if (isSet(options, 'pre')) return [KUBERNETES_API, PRE_INSTALL];
  return isSet(options, 'proxy') ? [...INSTALLED, DATA_PLANE] : INSTALLED;
}

function readWait(text: string): number {
  const [, count, unit] = DURATION.exec(text) ?? [];
  if (count !== undefined) return Number(count) * (unit === 'm' ? 60_000 : 1000);
  throw new TulleError('invalid_argument', `--wait is "${text}"; it takes a time as 300s or 5m`);
}

function printCategory({ print }: Context, name: string): void {
  print.line(name);
  print.line('-'.repeat(name.length));
}

function printOutcome(
  { print }: Context,
  { description, result, error, hint }: CheckOutcome,
): void {
  print.line(`${print.paint(PAINT[result], MARK[result])} ${description}`);
  if (error === null) return;
  print.line(`    ${error}`);
  print.line(`    see ${hint ?? ''} for hints`);
}

function conclude(context: Context, outcomes: readonly CategoryOutcome[], output: string): void {
  const checks = outcomes.flatMap((category) => category.checks);
  const isWell = checks.every(({ result }) => result !== 'error');
  if (output === 'json') {
    context.print.json({
      success: isWell,
      categories: outcomes.map(({ categoryName, checks: inIt }) => ({
        categoryName,
        checks: inIt.map(({ description, hint, error, result }) => ({
          description,
          ...(hint === null ? {} : { hint }),
          ...(error === null ? {} : { error }),
          result,
        })),
      })),
    });
  } else {
    const mark = isWell ? MARK.success : MARK.error;
    context.print.line(
      `\nStatus check results are ${context.print.paint(isWell ? 'ok' : 'bad', mark)}`,
    );
  }
  if (!isWell) throw new TulleError('not_found', 'Not all is well.');
}
