import { TulleError } from '@tulle/model';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSameProcess, startTokenOf } from '../supervise/process-identity.ts';
import { replaceFile, type StateFolder } from './state-folder.ts';

/** A process of this run. `startToken` tells it from a later one with the same pid. */
export interface RunProcess {
  readonly name: string;
  readonly pid: number;
  readonly startToken: string | null;
}

/** `run/run.json`: what runs now, for the next start to sweep and for tests and people to look at. */
export interface RunFile {
  readonly pid: number;
  readonly startToken: string | null;
  readonly url: string;
  readonly startedAtMs: number;
  readonly processes: readonly RunProcess[];
}

/** Held from start to end of a run: one runtime in one state folder. */
export class RunRecord {
  /** Changes that could not be written to disk. */
  failedWrites = 0;
  readonly #path: string;
  readonly #lockPath: string;
  readonly #head: Omit<RunFile, 'processes'>;
  readonly #processes = new Map<string, RunProcess>();

  private constructor(folder: StateFolder, head: Omit<RunFile, 'processes'>) {
    this.#path = join(folder.run, 'run.json');
    this.#lockPath = join(folder.run, 'lock');
    this.#head = head;
  }

  /**
   * Takes the lock; kills what an earlier run left behind.
   * @returns the record, and the names of the processes that were swept
   * @throws TulleError `conflict` when a runtime runs in this folder; it names its pid and address
   */
  static begin(
    folder: StateFolder,
    run: { url: string; startedAtMs: number },
  ): { record: RunRecord; swept: string[] } {
    const head = { pid: process.pid, startToken: startTokenOf(process.pid), ...run };
    const record = new RunRecord(folder, head);
    record.#lock();
    const swept = sweep(record.#path);
    record.#write();
    return { record, swept };
  }

  started(name: string, pid: number): void {
    this.#processes.set(name, { name, pid, startToken: startTokenOf(pid) });
    this.#update();
  }

  ended(name: string): void {
    if (this.#processes.delete(name)) this.#update();
  }

  /** Gives the lock back. */
  end(): void {
    rmSync(this.#path, { force: true });
    rmSync(this.#lockPath, { force: true });
  }

  #lock(): void {
    const text = JSON.stringify(this.#head);
    try {
      writeFileSync(this.#lockPath, text, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readJson<Omit<RunFile, 'processes'>>(this.#lockPath);
    if (holder !== null && isSameProcess(holder.pid, holder.startToken)) {
      throw new TulleError(
        'conflict',
        `Tulle already runs here (pid ${holder.pid}): ${holder.url}. Stop it first, or start another one beside it with --state-dir and --port.`,
      );
    }
    writeFileSync(this.#lockPath, text, { mode: 0o600 });
  }

  /** A full disk must not end a mesh that runs: the file is behind until a later change can be written. */
  #update(): void {
    try {
      this.#write();
    } catch {
      this.failedWrites += 1;
    }
  }

  #write(): void {
    const file: RunFile = { ...this.#head, processes: [...this.#processes.values()] };
    replaceFile(this.#path, `${JSON.stringify(file, null, 1)}\n`);
  }
}

/** Kills the process groups a run left behind whose runtime is gone. */
function sweep(path: string): string[] {
  const left = readJson<RunFile>(path)?.processes ?? [];
  const swept: string[] = [];
  for (const { name, pid, startToken } of left) {
    if (!isSameProcess(pid, startToken)) continue;
    try {
      process.kill(-pid, 'SIGKILL');
      swept.push(name);
    } catch {
      // It ended between our look and our kill.
    }
  }
  return swept;
}

function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return null;
  }
}
