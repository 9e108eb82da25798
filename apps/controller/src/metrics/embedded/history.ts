import { keyOf } from '@tulle/model';
import type { ResourceRef } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openDatabase } from '../../storage/open-database.ts';
import { HTTP_WIDTH } from './cell-store.ts';

/** How long rows of each step are kept. */
const TIERS: readonly { readonly stepSeconds: number; readonly keepSeconds: number }[] = [
  { stepSeconds: 10, keepSeconds: 6 * 3600 },
  { stepSeconds: 60, keepSeconds: 7 * 24 * 3600 },
];
/** Beyond this many rows the oldest go first, whatever their age. */
const MAX_ROWS = 2_000_000;
const FILE = 'metrics.sqlite';

/** Sums of one step: success, failure, then the cumulative latency buckets. */
export interface HistoryRow {
  /** Seconds since the epoch of the step's end. */
  readonly at: number;
  readonly sums: Float64Array;
  /** Seconds of it that were measured. */
  readonly measured: number;
}

/** Numbers of the past on disk: steps of 10 s for 6 hours, of 60 s for 7 days. Survives a restart. */
export interface History {
  /** Adds the rows of one step in one transaction. */
  write(stepSeconds: 10 | 60, at: number, rows: readonly (HistoryRow & { key: string })[]): void;
  /** Rows of a step length with `from` < at ≤ `to`, oldest first. */
  read(ref: ResourceRef, stepSeconds: 10 | 60, from: number, to: number): readonly HistoryRow[];
  /** Drops what is too old or too much. */
  prune(nowSeconds: number): void;
  readonly rows: number;
  close(): void;
}

/** Remembers nothing. */
export const NO_HISTORY: History = {
  write: () => undefined,
  read: () => [],
  prune: () => undefined,
  rows: 0,
  close: () => undefined,
};

/**
 * Opens `metrics.sqlite` in the folder (made when missing). A file that cannot be read is moved aside, with a line in
 * the log, and a new one is begun.
 */
export function openHistory(dir: string, log: Logger, now: () => number): History {
  const file = join(dir, FILE);
  const { database, corruptMovedTo } = openDatabase(file, now);
  if (corruptMovedTo !== null) {
    const aside = { file, movedTo: corruptMovedTo };
    log.error(aside, 'the metrics history cannot be read; a new one is begun');
  }
  database.exec(
    `CREATE TABLE IF NOT EXISTS points (
       step INTEGER NOT NULL, resource TEXT NOT NULL, at INTEGER NOT NULL,
       measured INTEGER NOT NULL, sums BLOB NOT NULL,
       PRIMARY KEY (step, resource, at)) WITHOUT ROWID;
     CREATE INDEX IF NOT EXISTS points_by_age ON points (step, at)`,
  );
  return historyOn(database);
}

function historyOn(database: DatabaseSync): History {
  const insert = database.prepare('INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?)');
  const select = database.prepare(
    'SELECT at, measured, sums FROM points WHERE step = ? AND resource = ? AND at > ? AND at <= ? ORDER BY at',
  );
  const expire = database.prepare('DELETE FROM points WHERE step = ? AND at <= ?');
  const count = database.prepare('SELECT count(*) AS rows FROM points');
  let rows = countRows(count);
  return {
    write(stepSeconds, at, points): void {
      database.exec('BEGIN');
      try {
        for (const { key, measured, sums } of points) {
          insert.run(stepSeconds, key, at, measured, encode(sums));
        }
        database.exec('COMMIT');
        rows += points.length;
      } catch (error) {
        // SQLite has rolled back by itself when the disk was full; doing it again would hide that reason.
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    read(ref, stepSeconds, from, to): readonly HistoryRow[] {
      return select.all(stepSeconds, keyOf(ref), from, to).map((row) => ({
        at: Number(row['at']),
        measured: Number(row['measured']),
        sums: decode(row['sums']),
      }));
    },
    prune(nowSeconds): void {
      for (const { stepSeconds, keepSeconds } of TIERS) {
        expire.run(stepSeconds, nowSeconds - keepSeconds);
      }
      rows = countRows(count);
      for (let cut = 0.75; rows > MAX_ROWS && cut > 0.01; cut /= 2) {
        for (const { stepSeconds, keepSeconds } of TIERS) {
          expire.run(stepSeconds, nowSeconds - keepSeconds * cut);
        }
        rows = countRows(count);
      }
    },
    get rows(): number {
      return rows;
    },
    close(): void {
      database.close();
    },
  };
}

function countRows(statement: StatementSync): number {
  return Number(statement.get()?.['rows'] ?? 0);
}

/** Most buckets of a step are empty or the same as the one before: the differences as varints are a tenth of the size. */
function encode(sums: Float64Array): Buffer {
  const bytes: number[] = [];
  let before = 0;
  sums.forEach((value, column) => {
    // Success and failure stand alone, buckets are cumulative.
    let rest = Math.max(0, column <= 2 ? value : value - before);
    before = value;
    while (rest >= 128) {
      bytes.push((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    bytes.push(rest);
  });
  return Buffer.from(bytes);
}

function decode(blob: unknown): Float64Array {
  const sums = new Float64Array(HTTP_WIDTH);
  if (!(blob instanceof Uint8Array)) return sums;
  let at = 0;
  let before = 0;
  for (let column = 0; column < HTTP_WIDTH; column += 1) {
    let value = 0;
    let scale = 1;
    for (let byte = 128; byte >= 128; at += 1) {
      byte = blob[at] ?? 0;
      value += (byte & 127) * scale;
      scale *= 128;
    }
    before = column <= 2 ? value : before + value;
    sums[column] = before;
  }
  return sums;
}
