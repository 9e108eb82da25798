import { TulleError } from '@tulle/model';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** sun_path holds 104 bytes on macOS and 108 on Linux, the closing zero included. */
const LONGEST_SOCKET_PATH = 100;
/** Log files that were not written to for longer are removed at the next start. */
const LOG_DAYS = 7;

/** Where the runtime keeps what it knows. Nobody but its owner may read it: it holds keys and tokens. */
export interface StateFolder {
  readonly root: string;
  /** Lock, run file, socket, identities of instances: of this run only. */
  readonly run: string;
  /** A file for each process. */
  readonly log: string;
  /** Trust anchor and issuer; kept over restarts. */
  readonly identity: string;
  /** The controller's database. */
  readonly controller: string;
  readonly socket: string;
}

/**
 * Makes the folders that are missing and removes logs nobody wrote to for a week.
 * @param root absolute
 * @throws TulleError `unavailable` naming the folder that cannot be made, and the flag that chooses another
 */
export function openStateFolder(root: string): StateFolder {
  const folder = {
    root,
    run: join(root, 'run'),
    log: join(root, 'log'),
    identity: join(root, 'identity'),
    controller: join(root, 'controller'),
    socket: socketPath(root),
  };
  for (const path of [folder.root, folder.run, folder.log, folder.identity, folder.controller]) {
    makeFolder(path);
  }
  removeOldLogs(folder.log);
  return folder;
}

/** Not `recursive` of mkdirSync: where a folder can never be made, as in /proc, that one tries for ever (Node 26). */
function makeFolder(path: string): void {
  try {
    if (tryMakeFolder(path)) return;
    if (dirname(path) !== path) makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    if (cause instanceof TulleError) throw cause;
    throw new TulleError(
      'unavailable',
      `The folder ${path} cannot be made (${(cause as NodeJS.ErrnoException).code}). Free it, or choose another one with --state-dir.`,
      { cause },
    );
  }
}

/** False when its parent is missing. */
function tryMakeFolder(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return true;
    if (code === 'ENOENT') return false;
    throw error;
  }
}

/** Replaces a file whole, so that a reader sees the old text or the new one. */
export function replaceFile(path: string, text: string): void {
  const draft = `${path}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}

/** Each rollout makes instances with new names, and so new log files. */
function removeOldLogs(folder: string): void {
  const oldestMs = Date.now() - LOG_DAYS * 24 * 60 * 60 * 1000;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).mtimeMs < oldestMs) rmSync(path, { force: true });
  }
}

function socketPath(root: string): string {
  const path = join(root, 'run', 'runtime.sock');
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path;
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  return join(tmpdir(), `tulle-${name}.sock`);
}
