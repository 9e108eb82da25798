import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly cwd?: string;
  /** After this long the program is ended. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 120_000;

/** Runs a program to its end; a code other than 0 is for the caller to judge. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Result> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A program that does not read what it is given may end before it is all written.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const timer = setTimeout(() => child.kill('SIGTERM'), options.timeoutMs ?? TIMEOUT_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** As {@link run}, but a code other than 0 is thrown with what the program said. */
export async function must(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code === 0) return stdout;
  const name = program.split('/').at(-1) ?? program;
  throw new Error(
    `${[name, ...args].join(' ').slice(0, 300)} ended with ${code}: ${(stderr || stdout).trim().slice(-1500)}`,
  );
}

/**
 * Tries until it gives something other than null or undefined.
 * @throws Error with what was waited for and the last reason, after `timeoutMs`
 */
export async function until<T>(
  what: string,
  timeoutMs: number,
  attempt: () => Promise<T | null | undefined>,
): Promise<T> {
  const deadlineMs = Date.now() + timeoutMs;
  let reason = '';
  for (;;) {
    try {
      const found = await attempt();
      if (found !== null && found !== undefined) return found;
    } catch (error) {
      reason = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (Date.now() > deadlineMs) {
      throw new Error(`${what} did not come within ${timeoutMs / 1000} s${reason}`);
    }
    await delay(500);
  }
}
