import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Sees to it that registered process groups do not outlive the runtime, not even one ended with SIGKILL. */
export interface Warden {
  readonly pid: number | undefined;
  /** @param pgid process group, which is the pid of a process started with `detached` */
  register(pgid: number): void;
  unregister(pgid: number): void;
  /** Ends the warden, and whatever is still registered with it. */
  close(): Promise<void>;
}

/** Starts the warden's process and keeps it started. */
export function startWarden(): Warden {
  const groups = new Set<number>();
  let closed = false;
  let child = launch();

  function launch(): ChildProcess {
    const started = spawn(process.execPath, [wardenProgram()], {
      detached: true,
      stdio: ['pipe', 'ignore', 'inherit'],
      env: {},
    });
    // EPIPE when it was killed; its exit, seen next, starts another one.
    started.stdin?.on('error', () => {});
    started.on('exit', () => {
      if (closed) return;
      child = launch();
      for (const pgid of groups) tell('+', pgid);
    });
    return started;
  }

  function tell(sign: '+' | '-', pgid: number): void {
    child.stdin?.write(`${sign}${pgid}\n`);
  }

  return {
    get pid() {
      return child.pid;
    },
    register: (pgid) => {
      groups.add(pgid);
      tell('+', pgid);
    },
    unregister: (pgid) => {
      groups.delete(pgid);
      tell('-', pgid);
    },
    close: () => {
      closed = true;
      return new Promise((ended) => {
        child.once('exit', () => ended());
        child.stdin?.end();
      });
    },
  };
}

/** The bundle lies beside ours as `warden.cjs`; run from source it is the file beside this one. */
function wardenProgram(): string {
  const self = fileURLToPath(import.meta.url);
  return join(dirname(self), self.endsWith('.cjs') ? 'warden.cjs' : 'warden-main.ts');
}
