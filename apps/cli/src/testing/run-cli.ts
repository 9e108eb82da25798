import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface CliRun {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Resolves when standard output contains the text; rejects when the program ended before. */
  readonly printed: (text: string) => Promise<void>;
}

/** Runs the command line as a process of its own. */
export function runCli(
  args: readonly string[],
  options: {
    readonly env?: Record<string, string>;
    readonly cwd?: string;
    readonly input?: string;
  } = {},
): CliRun {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], ...options.env },
    cwd: options.cwd,
    stdio: 'pipe',
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin.end(options.input ?? '');
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    process: child,
    stdout: () => out,
    stderr: () => err,
    exited,
    printed: async (text) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (out.includes(text)) resolve();
        };
        child.stdout.on('data', check);
        child.once('close', () => reject(new Error(`ended without "${text}": ${out}${err}`)));
        check();
      }),
  };
}
