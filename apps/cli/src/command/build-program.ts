import { Command, Option } from 'commander';
import { type CommandSpec, type Counterpart, type Options, textOf } from './command-spec.ts';
import type { Context } from './context.ts';

/** Says where the dashboard is; on every command that talks to it. */
const URL_OPTION = [
  '--url <address>',
  'the dashboard; without it TULLE_URL, the mesh running in this folder, or the cluster of your kubeconfig',
] as const;

/** Say which cluster is meant; on every command. */
const CLUSTER_OPTIONS = [
  ['--kubeconfig <file>', 'the cluster by this file, as kubectl'],
  ['--context <name>', 'the cluster by this context of it'],
  ['--control-plane-namespace <name>', 'where Tulle is installed there; default: tulle'],
] as const;

const GROUPS: Readonly<Record<'viz' | 'profile' | 'diagnostics', string>> = {
  viz: 'the same commands where Linkerd keeps them',
  profile: 'read, check and change the routes of a service',
  diagnostics: 'look under the hood',
};

/** What every command may be told about where to go. */
export interface Whereabouts {
  readonly talksTo: Counterpart;
  readonly url: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly controlPlaneNamespace: string | undefined;
}

/** Makes the context of one run. */
export type MakeContext = (where: Whereabouts) => Promise<Context>;

/** Builds the program from its commands. Faults of usage are thrown as commander's CommanderError. */
export function buildProgram(specs: readonly CommandSpec[], makeContext: MakeContext): Command {
  const program = new Command('tulle')
    .description('See and steer the mesh from a terminal, as the dashboard does in a browser.')
    .showHelpAfterError('Run it with --help to see what it takes.')
    .exitOverride();
  const groups = new Map<string, Command>([['', program]]);
  for (const [name, about] of Object.entries(GROUPS)) {
    groups.set(name, program.command(name).description(about).exitOverride());
  }
  for (const spec of specs) {
    for (const group of spec.groups) {
      const parent = groups.get(group) ?? program;
      addCommand(parent, spec, makeContext);
    }
  }
  return program;
}

function addCommand(parent: Command, spec: CommandSpec, makeContext: MakeContext): void {
  const command = parent.command(spec.name).description(spec.summary).exitOverride();
  for (const { name, about } of spec.args) command.argument(name, about);
  for (const { flags, about, default: initial, choices, isRepeatable } of spec.options) {
    const option = new Option(flags, about);
    if (isRepeatable === true) {
      option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    }
    if (choices !== undefined) option.choices([...choices]);
    if (initial !== undefined) option.default(initial);
    command.addOption(option);
  }
  const talksTo = spec.talksTo ?? 'dashboard';
  if (talksTo !== 'cluster') command.option(...URL_OPTION);
  for (const [flags, about] of CLUSTER_OPTIONS) command.option(flags, about);
  if (spec.examples.length > 0) {
    const lines = spec.examples.map((example) => `  tulle ${example}`);
    command.addHelpText('after', `\nFor example:\n${lines.join('\n')}`);
  }
  command.action(async (...given: unknown[]) => {
    const args = given.slice(0, spec.args.length).filter((arg) => typeof arg === 'string');
    const options = command.opts<Options>();
    const context = await makeContext({
      talksTo: typeof talksTo === 'function' ? await talksTo(args) : talksTo,
      url: textOf(options, 'url'),
      kubeconfig: textOf(options, 'kubeconfig'),
      context: textOf(options, 'context'),
      controlPlaneNamespace: textOf(options, 'controlPlaneNamespace'),
    });
    await spec.run(context, args, options);
  });
}
