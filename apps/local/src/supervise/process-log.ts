import { createWriteStream, openSync, renameSync, statSync, type WriteStream } from 'node:fs';

export interface ProcessLogLimits {
  /** The file is renamed to `.1` (replacing the one before) when it grows over this. */
  readonly fileBytes: number;
  /** Kept in memory for whoever asks for the newest lines. */
  readonly tailBytes: number;
  /** Lines are dropped and counted while more than this waits for the disk. */
  readonly pendingBytes: number;
}

export const PROCESS_LOG_LIMITS: ProcessLogLimits = {
  fileBytes: 5_000_000,
  tailBytes: 256_000,
  pendingBytes: 1_000_000,
};

/** What one process writes to stdout and stderr: on disk, at most two files, and the newest lines in memory. */
export class ProcessLog {
  readonly path: string;
  /** Bytes that were not written to disk because it could not keep up or failed. */
  droppedBytes = 0;
  readonly #limits: ProcessLogLimits;
  #file: WriteStream | null = null;
  #fileBytes: number;
  #tail: Buffer[] = [];
  #tailBytes = 0;

  constructor(path: string, limits: ProcessLogLimits = PROCESS_LOG_LIMITS) {
    this.path = path;
    this.#limits = limits;
    this.#fileBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  write(chunk: Buffer): void {
    this.#tail.push(chunk);
    this.#tailBytes += chunk.length;
    while (this.#tailBytes > this.#limits.tailBytes && this.#tail.length > 1) {
      this.#tailBytes -= this.#tail.shift()?.length ?? 0;
    }
    this.#writeToDisk(chunk);
  }

  /** A line of our own between those of the process. */
  note(line: string): void {
    this.write(Buffer.from(`-- tulle: ${line}\n`));
  }

  /** The newest whole lines, oldest first. */
  tail(lines: number): string {
    const all = Buffer.concat(this.#tail).toString('utf8').split('\n');
    if (all.at(-1) === '') all.pop();
    return all.length === 0 ? '' : `${all.slice(-lines).join('\n')}\n`;
  }

  close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    if (file === null) return Promise.resolve();
    return new Promise((closed) => file.end(() => closed()));
  }

  #writeToDisk(chunk: Buffer): void {
    if (this.#fileBytes + chunk.length > this.#limits.fileBytes) this.#rotate();
    this.#file ??= this.#open();
    if (this.#file === null || this.#file.writableLength > this.#limits.pendingBytes) {
      this.droppedBytes += chunk.length;
      return;
    }
    this.#fileBytes += chunk.length;
    this.#file.write(chunk);
  }

  /** Null when the disk refuses. A full disk must not end the runtime; the tail in memory goes on. */
  #open(): WriteStream | null {
    try {
      // Opened at once: a stream that opens later would miss a rename in between.
      const fd = openSync(this.path, 'a', 0o600);
      const file = createWriteStream(this.path, { fd });
      file.on('error', () => {
        if (this.#file === file) this.#file = null;
      });
      return file;
    } catch {
      return null;
    }
  }

  #rotate(): void {
    this.#file?.end();
    this.#file = null;
    try {
      renameSync(this.path, `${this.path}.1`);
    } catch {
      // Nothing to rename: the file was never written or a person removed it.
    }
    this.#fileBytes = 0;
  }
}
