import { type ChildProcess, spawn } from 'node:child_process';
import type { Backoff } from './backoff.ts';
import type { ProcessLog } from './process-log.ts';
import type { Warden } from './warden.ts';

export interface ProcessSpec {
  /** For messages and the run file: `controller`, `voting-1`, `voting-1/proxy`. */
  readonly name: string;
  readonly command: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** All of its environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
}

/** What happens to a supervised process; called in this order, again for each restart. */
export interface ProcessEvents {
  started(pid: number): void;
  /** `how` is a phrase for a person: "ended with code 1", "was killed by SIGKILL". Not called after `stop`. */
  ended(how: string, restartInMs: number): void;
  /** It ended because it was told to; nothing follows. */
  stopped?(): void;
}

/** What a supervised process needs from around it. */
export interface Supervision {
  readonly warden: Warden;
  readonly backoff: Backoff;
  readonly log: ProcessLog;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** A process that is started again, after a pause that grows, whenever it ends; until it is stopped. */
export class SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly log: ProcessLog;
  restarts = 0;
  readonly #events: ProcessEvents;
  readonly #supervision: Supervision;
  #child: ChildProcess | null = null;
  #restartTimer: NodeJS.Timeout | null = null;
  #stopping: Promise<void> | null = null;

  constructor(spec: ProcessSpec, supervision: Supervision, events: ProcessEvents) {
    this.spec = spec;
    this.log = supervision.log;
    this.#supervision = supervision;
    this.#events = events;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const [program = '', ...args] = this.spec.command;
    const startedAtMs = this.#supervision.now();
    const child = spawn(program, args, {
      cwd: this.spec.cwd,
      env: this.spec.env,
      // Its own process group: a Ctrl-C of the terminal reaches us alone, and we can end it with all it starts.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (chunk: Buffer) => this.log.write(chunk));
    child.stderr.on('data', (chunk: Buffer) => this.log.write(chunk));
    child.once('error', (error) => {
      if (child.pid === undefined) this.#ended(child, `cannot be started: ${error.message}`, 0);
    });
    child.once('exit', (code, signal) => {
      const how = signal === null ? `ended with code ${code}` : `was killed by ${signal}`;
      this.#ended(child, how, this.#supervision.now() - startedAtMs);
    });
    this.#child = child;
    if (child.pid === undefined) return;
    this.#supervision.warden.register(child.pid);
    this.#events.started(child.pid);
  }

  /**
   * SIGTERM, then after `graceMs` SIGKILL to its whole group. Resolves when it has ended; it is not started again.
   * A second call with a shorter grace shortens the first.
   */
  stop(graceMs: number): Promise<void> {
    if (this.#restartTimer !== null) clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child?.pid === undefined) {
      this.#stopping ??= Promise.resolve();
      return this.#stopping;
    }
    const timer = setTimeout(() => this.#killGroup(child), graceMs);
    this.#stopping ??= new Promise((stopped) => {
      child.once('close', () => stopped());
      child.kill('SIGTERM');
    });
    return this.#stopping.finally(() => clearTimeout(timer));
  }

  #ended(child: ChildProcess, how: string, ranMs: number): void {
    // What it started itself goes with it, or its ports would stay taken.
    this.#killGroup(child);
    if (child.pid !== undefined) this.#supervision.warden.unregister(child.pid);
    this.#child = null;
    this.log.note(`${this.spec.name} ${how}`);
    if (this.#stopping !== null) {
      this.#events.stopped?.();
      return;
    }
    const restartInMs = this.#supervision.backoff.next(ranMs);
    this.#restartTimer = setTimeout(() => {
      this.restarts += 1;
      this.start();
    }, restartInMs);
    this.#events.ended(how, restartInMs);
  }

  #killGroup(child: ChildProcess): void {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nobody is left in that group.
    }
  }
}
