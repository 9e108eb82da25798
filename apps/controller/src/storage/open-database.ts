import { TulleError } from '@tulle/model';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface OpenedDatabase {
  readonly database: DatabaseSync;
  /** Where a file that could not be read was moved, null when it was well (or new). */
  readonly corruptMovedTo: string | null;
}

/**
 * Opens (or creates) an SQLite file, folder included, in write-ahead mode. A file that is no healthy database is moved
 * aside, never deleted, and a fresh one is started: losing history must not keep a mesh from starting. The caller closes
 * the database, and says in the log what was moved.
 * @param now milliseconds since the epoch, for the name of a moved file
 * @throws Error of the file system (no permission, disk full), which no fresh file would mend
 */
export function openDatabase(path: string, now: () => number): OpenedDatabase {
  mkdirSync(dirname(path), { recursive: true });
  const opened = tryOpen(path);
  if (opened !== null) return { database: opened, corruptMovedTo: null };
  const movedTo = `${path}.corrupt-${now()}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, movedTo + suffix);
  }
  const fresh = tryOpen(path);
  if (fresh === null) throw new Error(`A fresh database at ${path} cannot be read back.`);
  return { database: fresh, corruptMovedTo: movedTo };
}

/** Null when the file is not a database, or a damaged one. */
function tryOpen(path: string): DatabaseSync | null {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    const check = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    if (check.quick_check === 'ok') return database;
  } catch (error) {
    if (!isDamage(error)) {
      database.close();
      throw error;
    }
  }
  database.close();
  return null;
}

/** SQLITE_CORRUPT (11) and SQLITE_NOTADB (26). */
function isDamage(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  return code !== undefined && ((code & 0xff) === 11 || (code & 0xff) === 26);
}

/** SQLITE_READONLY (8), SQLITE_IOERR (10), SQLITE_FULL (13): what free space or a permission mends. */
const REFUSED_WRITES = new Set([8, 10, 13]);

/** A write the disk refused, in words for who asked for it; null for any other error. */
export function refusedWrite(error: unknown): TulleError | null {
  const code = (error as { errcode?: unknown } | null | undefined)?.errcode;
  if (typeof code !== 'number' || !REFUSED_WRITES.has(code & 0xff)) return null;
  return new TulleError(
    'unavailable',
    `The disk refuses what Tulle has to write down (${(error as Error).message}), so this was not saved or not put on record. Free some space where Tulle keeps its state, then look what is in force and try again.`,
    { cause: error },
  );
}
