import { Command, Option } from 'commander';
import type { CommandSpec, Options } from './command-spec.ts';
import type { Context } from './context.ts';

/** Says where the dashboard is; on every command. */
const URL_OPTION = [
  '--url <address>',
  'the dashboard; without it TULLE_URL, or the mesh running in this folder',
] as const;

const GROUPS: Readonly<Record<'viz' | 'profile', string>> = {
  viz: 'the same commands where Linkerd keeps them',
  profile: 'read, check and change the routes of a service',
};

/** Makes the context of one run from its `--url`. */
export type MakeContext = (url: string | undefined) => Context;

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
  for (const { flags, about, default: initial, choices } of spec.options) {
    const option = new Option(flags, about);
    if (choices !== undefined) option.choices([...choices]);
    if (initial !== undefined) option.default(initial);
    command.addOption(option);
  }
  command.option(...URL_OPTION);
  if (spec.examples.length > 0) {
    const lines = spec.examples.map((example) => `  tulle ${example}`);
    command.addHelpText('after', `\nFor example:\n${lines.join('\n')}`);
  }
  command.action(async (...given: unknown[]) => {
    const args = given.slice(0, spec.args.length).filter((arg) => typeof arg === 'string');
    const options = command.opts<Options>();
    const url = options['url'];
    await spec.run(makeContext(typeof url === 'string' ? url : undefined), args, options);
  });
}
