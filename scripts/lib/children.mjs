// Child processes of `npm start` and `npm test`: one at a time, ended with us in whatever way we end.
import { spawn } from 'node:child_process';

const PARENT_POLL_MS = 500;
/** A terminal's Ctrl-C reaches us twice: directly, and from npm, which passes signals on. */
const ECHO_MS = 300;
const INTERRUPTED = 130;
/** `npm ci` takes a first Ctrl-C to heart only when it has unpacked everything, which is most of a minute later. */
const GRACE_MS = 2000;

/** The one that runs now; `ownsItsEnd` when it ends all it started by itself, in its own time. */
let current = null;
let ownsItsEnd = false;
let interrupted = false;

/**
 * Runs a command to its end.
 * @param {string[]} command
 * @param {import('node:child_process').SpawnOptions} options
 * @param {(chunk: string) => void} [onOutput] gets stdout and stderr where they are piped
 * @param {(signal: string) => void} [onKilled] hears of a signal that was not passed on by us
 * @returns {Promise<number>} its exit code; 130 when a signal ended it
 */
export function runChild([program, ...args], options, onOutput, onKilled) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, options);
    current = child;
    ownsItsEnd = options.detached === true;
    child.stdout?.setEncoding('utf8').on('data', onOutput ?? (() => {}));
    child.stderr?.setEncoding('utf8').on('data', onOutput ?? (() => {}));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      current = null;
      if (interrupted && !options.detached) process.exit(INTERRUPTED);
      if (signal !== null && !interrupted) onKilled?.(signal);
      resolve(code ?? INTERRUPTED);
    });
  });
}

/**
 * Passes SIGINT, SIGTERM and SIGHUP on to the child that runs, and stops it when our own parent is gone (npm killed
 * with SIGKILL). A child that is not the runtime and lingers is killed. Without a child a signal ends us.
 */
export function endChildrenWithUs() {
  let lastAtMs = 0;
  const pass = (signal) => {
    const nowMs = Date.now();
    if (nowMs - lastAtMs < ECHO_MS) return;
    lastAtMs = nowMs;
    interrupted = true;
    if (current === null) process.exit(INTERRUPTED);
    current.kill(signal);
    if (!ownsItsEnd) setTimeout(() => current?.kill('SIGKILL'), GRACE_MS);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => pass(signal));
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    pass('SIGTERM');
  }, PARENT_POLL_MS);
  timer.unref();
}
