// Keeps two `npm start` in one checkout out of each other's way: a run's programs must not be rebuilt under its feet, and
// packages must not be installed twice at once. Built-ins only (Node ≥ 20).
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const POLL_MS = 250;
/** Field 22 of /proc/PID/stat, counted from after the command's closing parenthesis (proc_pid_stat(5)). */
const START_TIME_FIELD = 19;

/**
 * Says that this start prepares (installs and builds), after any start that began to before it.
 * @param {string} root folder of the repository
 * @param {string[]} args of the command line
 * @param {(line: string) => void} say progress, one line each
 * @returns {Promise<{ prepared(): void }>} call it when what runs from now on is not touched any more
 * @throws {Error} with a sentence, when Tulle already runs with this state folder
 */
export async function beginStart(root, args, say) {
  const folder = join(root, '.tulle', 'starts');
  const stateDir = stateFolderOf(root, args);
  requireNoRun(stateDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${process.pid}.json`);
  const self = { pid: process.pid, startToken: startTokenOf(process.pid), startedAtMs: Date.now() };
  const write = (isPreparing) =>
    writeFileSync(path, JSON.stringify({ ...self, isPreparing, stateDir }), { mode: 0o600 });
  write(true);
  process.once('exit', () => rmSync(path, { force: true }));

  let toldOf = null;
  for (;;) {
    const first = startsIn(folder).find((other) => other.isPreparing && isBefore(other, self));
    if (first === undefined) break;
    if (toldOf !== first.pid) {
      say(`Another npm start (pid ${first.pid}) installs or builds here; waiting for it …`);
    }
    toldOf = first.pid;
    await delay(POLL_MS);
  }
  requireNoRun(stateDir);
  return { prepared: () => write(false) };
}

/**
 * The state folders of the meshes that run from this checkout, without our own.
 * @param {string} root folder of the repository
 * @returns {string[]}
 */
export function runningBesideUs(root) {
  return startsIn(join(root, '.tulle', 'starts'))
    .filter(({ pid, isPreparing }) => pid !== process.pid && !isPreparing)
    .map(({ stateDir }) => stateDir);
}

/** The runtime checks this again with its lock; here it is checked before anything is installed or built. */
function requireNoRun(stateDir) {
  const holder = readJson(join(stateDir, 'run', 'lock'));
  if (holder === null || !isAlive(holder)) return;
  throw new Error(
    `Tulle already runs here (pid ${holder.pid}): ${holder.url}. Stop it first, or start another one beside it with --state-dir and --port.`,
  );
}

/** Faults of the command line are the runtime's to tell. */
function stateFolderOf(root, args) {
  const { values } = parseArgs({
    args,
    strict: false,
    options: { 'state-dir': { type: 'string' } },
  });
  const chosen = values['state-dir'];
  return typeof chosen === 'string'
    ? resolve(process.env.INIT_CWD ?? process.cwd(), chosen)
    : join(root, '.tulle');
}

/** Starts that are alive, the files of dead ones removed. */
function startsIn(folder) {
  let names = [];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const start = readJson(join(folder, name));
    if (start !== null && isAlive(start)) return [start];
    // Its writer may not be done yet; a file of a process that runs is left alone.
    if (start !== null || !isAliveByPid(Number.parseInt(name, 10))) {
      rmSync(join(folder, name), { force: true });
    }
    return [];
  });
}

function isBefore(other, self) {
  if (other.pid === self.pid) return false;
  if (other.startedAtMs !== self.startedAtMs) return other.startedAtMs < self.startedAtMs;
  return other.pid < self.pid;
}

/** The same process, not a later one with its pid: as apps/local's process-identity does it. */
function isAlive({ pid, startToken }) {
  return typeof startToken === 'string' && startTokenOf(pid) === startToken;
}

function isAliveByPid(pid) {
  return Number.isInteger(pid) && startTokenOf(pid) !== null;
}

function startTokenOf(pid) {
  if (!Number.isInteger(pid)) return null;
  if (process.platform !== 'linux') {
    const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return (ps.status === 0 && ps.stdout.trim()) || null;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return null;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot}/${fields[START_TIME_FIELD]}`;
  } catch {
    return null;
  }
}

function readJson(path) {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
