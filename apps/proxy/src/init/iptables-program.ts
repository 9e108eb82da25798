/** Finding an iptables that works here: which of them does depends on the image, the kernel and its modules. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { TulleError } from '@tulle/model';
import type { IptablesMode } from './init-command.ts';
import type { Family } from './redirect-rules.ts';

/** One iptables, working on the nat table of a network namespace. */
export interface Iptables {
  /** The program's name, for messages. */
  readonly name: string;
  /** The nat table as it stands. */
  readonly saved: string;
  /** Puts rules in force, all or none. @throws TulleError `unavailable` with iptables' own words. */
  restore(input: string): Promise<void>;
}

interface Programs {
  readonly save: string;
  readonly restore: string;
}

/** The mode asked for first; a program that is missing, or that this kernel does not take, gives way to the next. */
const FALLBACK: Readonly<Record<IptablesMode, readonly IptablesMode[]>> = {
  nft: ['nft', 'plain', 'legacy'],
  legacy: ['legacy', 'plain', 'nft'],
  plain: ['plain', 'nft', 'legacy'],
};
const INFIX: Readonly<Record<IptablesMode, string>> = { nft: '-nft', legacy: '-legacy', plain: '' };
const TIMEOUT_MS = 30_000;
const execute = promisify(execFile);

export interface FindOptions {
  readonly mode: IptablesMode;
  readonly family: Family;
  /** See RedirectCommand.programs. */
  readonly programs: { readonly iptables: string; readonly save: string } | null;
  readonly netns: string | null;
}

/**
 * Finds the first that can read the nat table.
 * @throws TulleError `unavailable` with what each of them said.
 */
export async function findIptables(options: FindOptions): Promise<Iptables> {
  const said: string[] = [];
  for (const programs of candidates(options)) {
    try {
      const saved = await run(programs.save, ['-t', 'nat'], '', options.netns);
      return {
        name: programs.restore,
        saved,
        restore: async (input) => {
          await run(programs.restore, ['--noflush', '-w', '5'], input, options.netns);
        },
      };
    } catch (reason) {
      said.push(TulleError.from(reason).message);
    }
  }
  throw new TulleError('unavailable', `No iptables works here. ${said.join(' ')}${hintFor(said)}`);
}

/** What to do about a refusal by the kernel, which iptables' own words do not say. */
function hintFor(said: readonly string[]): string {
  if (!said.some((words) => /permission denied|not permitted|must be root/i.test(words))) return '';
  return ' The container needs the capabilities NET_ADMIN and NET_RAW; where the runtime takes them from programs that do not run as root, set proxyInit.runAsRoot.';
}

function candidates({ mode, family, programs }: FindOptions): Programs[] {
  if (programs !== null && family === 'ipv4') {
    return [{ save: programs.save, restore: `${programs.iptables}-restore` }];
  }
  const name = family === 'ipv4' ? 'iptables' : 'ip6tables';
  return FALLBACK[mode].map((each) => ({
    save: `${name}${INFIX[each]}-save`,
    restore: `${name}${INFIX[each]}-restore`,
  }));
}

async function run(
  program: string,
  args: readonly string[],
  input: string,
  netns: string | null,
): Promise<string> {
  const file = netns === null ? program : 'nsenter';
  const all = netns === null ? args : [`--net=${netns}`, program, ...args];
  // In images the programs are where root's path has them.
  const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  const running = execute(file, all, { env, timeout: TIMEOUT_MS });
  running.child.stdin?.on('error', () => undefined).end(input);
  try {
    return (await running).stdout;
  } catch (cause) {
    throw explain(program, cause);
  }
}

function explain(program: string, cause: unknown): TulleError {
  const { code, stderr = '' } = cause as { readonly code?: unknown; readonly stderr?: string };
  const words = stderr.trim().replaceAll(/\s*\n\s*/g, ' ');
  if (code === 'ENOENT') return new TulleError('unavailable', `${program} is not installed.`);
  return new TulleError('unavailable', `${program}: ${words || String(code)}.`, { cause });
}
