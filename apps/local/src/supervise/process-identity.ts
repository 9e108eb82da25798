import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Field 22 of /proc/PID/stat, counted from after the command's closing parenthesis (proc_pid_stat(5)). */
const START_TIME_FIELD = 19;

/**
 * A text that tells two processes apart which had the same pid one after the other; null when no such process runs.
 * Linux: boot id and start time in clock ticks. Elsewhere: what `ps` says, to the second.
 */
export function startTokenOf(pid: number): string | null {
  return process.platform === 'linux' ? linuxToken(pid) : psToken(pid);
}

/** Whether the process that once had this token still runs. */
export function isSameProcess(pid: number, startToken: string | null): boolean {
  return startToken !== null && startTokenOf(pid) === startToken;
}

function linuxToken(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie runs nothing any more; it only waits for its parent to look.
    if (fields[0] === 'Z') return null;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot}/${fields[START_TIME_FIELD]}`;
  } catch {
    return null;
  }
}

function psToken(pid: number): string | null {
  const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const started = ps.status === 0 ? ps.stdout.trim() : '';
  return started === '' ? null : started;
}
