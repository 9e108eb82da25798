/** What the machine has for measuring: programs, cores, processor time. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

/** Linux counts processor time in hundredths of a second (sysconf _SC_CLK_TCK). */
const TICK_US = 10_000;
const START_WITHIN_MS = 10_000;

/** The program's path, or null when it is not installed. */
export function programPath(name: string): string | null {
  const { stdout, status } = spawnSync('sh', ['-c', `command -v ${name} || ls /usr/sbin/${name}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : null;
}

const canPin = availableParallelism() > 1 && programPath('taskset') !== null;

/** The measured program has core 1 to itself; load and origin share core 0. */
export const PROXY_CORE = canPin ? 1 : null;
export const LOAD_CORE = canPin ? 0 : null;

/** Words to put before a command so that it runs on that core; none where cores cannot be chosen. */
export function pinned(core: number | null): string[] {
  return core === null ? [] : ['taskset', '-c', String(core)];
}

/** Starts a program on a core; its output is kept for the error when it ends early. */
export function start(core: number | null, command: readonly string[]): ChildProcess {
  const [program = '', ...args] = [...pinned(core), ...command];
  return spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Waits until something listens on the port. @throws Error when the process ended or it takes too long. */
export async function untilListening(port: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_WITHIN_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    if (await canConnect(port)) return;
    await wait(20);
  }
  throw new Error(`${child.spawnfile} does not listen on port ${port}.`);
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Processor time of a process so far in microseconds; 0 where /proc does not say. */
export function cpuTimeUs(pid: number | undefined): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_US;
  } catch {
    return 0;
  }
}

/** As {@link cpuTimeUs} of the threads that there are now, to the nanosecond; NaN where /proc does not say. */
export function threadsTimeUs(pid: number | undefined): number {
  try {
    const dir = `/proc/${pid}/task`;
    const times = readdirSync(dir).map((thread) => {
      const [onCpuNs] = readFileSync(`${dir}/${thread}/schedstat`, 'utf8').split(' ');
      return Number(onCpuNs) / 1000;
    });
    return times.reduce((sum, us) => sum + us, 0);
  } catch {
    return Number.NaN;
  }
}

/** Unshared memory in MB (Pss_Anon); null where /proc does not say. */
export function unsharedMb(pid: number | undefined): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const match = /^Pss_Anon:\s+(\d+) kB/m.exec(text);
    return match === null ? null : Number(match[1]) / 1024;
  } catch {
    return null;
  }
}
