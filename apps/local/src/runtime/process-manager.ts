import { join } from 'node:path';
import { Backoff, RESTART_BACKOFF } from '../supervise/backoff.ts';
import { ProcessLog } from '../supervise/process-log.ts';
import {
  type ProcessEvents,
  type ProcessSpec,
  SupervisedProcess,
} from '../supervise/supervised-process.ts';
import { startWarden, type Warden } from '../supervise/warden.ts';

/** Lines looked at for a hint; a stack has ten frames. */
const HINT_LINES = 30;
/** A frame, a field of a printed error, a bracket, Node's version, an empty line. */
const BELOW_A_MESSAGE = /^\s+(at |\w+: )|^\s*[{}[\]]*$|^Node\.js v/;

/** Hears of every process's start and end. */
export interface ProcessListener {
  started(name: string, pid: number): void;
  /** `restartInMs` null: it was stopped on purpose. `lastLine`: the last it wrote, for a hint at the cause. */
  ended(name: string, how: string, restartInMs: number | null, lastLine: string): void;
}

/** Makes supervised processes: each with its log file, its backoff, and the warden over all of them. */
export class ProcessManager {
  readonly #logFolder: string;
  readonly #warden: Warden;
  readonly #listener: ProcessListener;
  readonly #logs = new Map<string, ProcessLog>();

  constructor(logFolder: string, listener: ProcessListener) {
    this.#logFolder = logFolder;
    this.#listener = listener;
    this.#warden = startWarden();
    if (this.#warden.pid !== undefined) listener.started('warden', this.#warden.pid);
  }

  /** A process that is not started yet. Its log file is named after it. */
  supervise(spec: ProcessSpec, events: ProcessEvents): SupervisedProcess {
    const { name } = spec;
    const log = this.#logOf(name);
    return new SupervisedProcess(
      spec,
      {
        warden: this.#warden,
        backoff: new Backoff(RESTART_BACKOFF),
        log,
        now: () => performance.now(),
      },
      {
        started: (pid) => {
          this.#listener.started(name, pid);
          events.started(pid);
        },
        ended: (how, restartInMs) => {
          this.#listener.ended(name, how, restartInMs, lastLineOf(log));
          events.ended(how, restartInMs);
        },
        stopped: () => {
          this.#listener.ended(name, 'was stopped', null, lastLineOf(log));
          this.#forget(name);
        },
      },
    );
  }

  /** Ends the warden and with it whatever still runs. */
  async close(): Promise<void> {
    await this.#warden.close();
    await Promise.all([...this.#logs.values()].map((log) => log.close()));
  }

  #logOf(name: string): ProcessLog {
    const log = new ProcessLog(join(this.#logFolder, `${name.replaceAll('/', '.')}.log`));
    this.#logs.set(name, log);
    return log;
  }

  #forget(name: string): void {
    const log = this.#logs.get(name);
    this.#logs.delete(name);
    void log?.close();
  }
}

/**
 * The line that says most about an end: the newest before our own note that is no frame of a stack, nor what Node.js
 * prints below one.
 */
function lastLineOf(log: ProcessLog): string {
  const lines = log.tail(HINT_LINES).trimEnd().split('\n').slice(0, -1);
  return lines.findLast((line) => !BELOW_A_MESSAGE.test(line)) ?? '';
}
