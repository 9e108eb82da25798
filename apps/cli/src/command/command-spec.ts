import type { Context } from './context.ts';

export interface ArgumentSpec {
  /** `<resource>` when it must be given, `[resource]` when it may. */
  readonly name: string;
  readonly about: string;
}

export interface OptionSpec {
  /** As commander reads it: `-n, --namespace <name>`. */
  readonly flags: string;
  readonly about: string;
  readonly default?: string | boolean;
  /** The only values it takes. */
  readonly choices?: readonly string[];
  /** May be given several times; the option is then a list. */
  readonly isRepeatable?: boolean;
}

/** Options as given, by long name in camel case. */
export type Options = Readonly<Record<string, unknown>>;

/** The dashboard is found before a command runs; the cluster when it is asked for. */
export type Counterpart = 'dashboard' | 'cluster';

/** One command as data; what is common to all is done by whoever builds the program. */
export interface CommandSpec {
  readonly name: string;
  /** The commands it is found under; the empty one is the top. Linkerd keeps some under `viz`. */
  readonly groups: readonly ('' | 'viz' | 'profile' | 'diagnostics')[];
  readonly summary: string;
  readonly args: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Whom it talks to; the dashboard when not said. A function where that hangs on the arguments. */
  readonly talksTo?: Counterpart | ((args: readonly string[]) => Promise<Counterpart>);
  /** Command lines without `tulle`, for the help. */
  readonly examples: readonly string[];
  /** @throws TulleError, which becomes a line on standard error and the exit code of its kind. */
  readonly run: (context: Context, args: readonly string[], options: Options) => Promise<void>;
}

/** The option as text; undefined when it was not given. */
export function textOf(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** What was given to an option that may be given several times. */
export function listOf(options: Options, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** Whether a switch was given. */
export function isSet(options: Options, name: string): boolean {
  return options[name] === true;
}

export const NAMESPACE: OptionSpec = {
  flags: '-n, --namespace <name>',
  about: 'namespace; without it TULLE_NAMESPACE, or the only one of the mesh, or "default"',
};
export const ALL_NAMESPACES: OptionSpec = {
  flags: '-A, --all-namespaces',
  about: 'every namespace',
};
export const TABLE_OUTPUT: OptionSpec = {
  flags: '-o, --output <format>',
  about: 'how to print it',
  choices: ['table', 'wide', 'json'],
  default: 'table',
};
