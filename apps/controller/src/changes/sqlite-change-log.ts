import type { DatabaseSync } from 'node:sqlite';
import { refOf, keyOf, type ChangeEvent, type ChangeVerb } from '@tulle/model';
import type { ChangeLog } from './change-log.ts';

/** Older events than this many are pruned. */
export const MAX_CHANGES = 10_000;
const MAX_RECENT = 1000;
/** Pruning every time would scan for nothing; between prunings the table holds at most this many more. */
const PRUNE_EVERY = 100;

export interface ChangeLogOptions {
  /** Owned by the caller, who closes it after the log's last use. */
  readonly database: DatabaseSync;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Row {
  readonly id: number;
  readonly at_ms: number;
  readonly verb: string;
  readonly subject: string;
  readonly message: string;
  readonly actor: string;
}

/** The audit log in one SQLite table. */
export function createSqliteChangeLog({ database, now }: ChangeLogOptions): ChangeLog {
  database.exec(
    `CREATE TABLE IF NOT EXISTS changes (
       id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, verb TEXT NOT NULL,
       subject TEXT NOT NULL, message TEXT NOT NULL, actor TEXT NOT NULL) STRICT`,
  );
  const insert = database.prepare(
    'INSERT INTO changes (at_ms, verb, subject, message, actor) VALUES (?, ?, ?, ?, ?)',
  );
  const newest = database.prepare('SELECT * FROM changes ORDER BY id DESC LIMIT ?');
  const prune = database.prepare(
    'DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - ?',
  );
  const listeners = new Set<(event: ChangeEvent) => void>();
  return {
    record(event) {
      const atMs = now();
      const { lastInsertRowid } = insert.run(
        atMs,
        event.verb,
        keyOf(event.subject),
        event.message,
        event.actor,
      );
      const id = Number(lastInsertRowid);
      if (id % PRUNE_EVERY === 0) prune.run(MAX_CHANGES);
      const recorded: ChangeEvent = { ...event, id: String(id), atMs };
      for (const listener of listeners) listener(recorded);
      return recorded;
    },
    recent(limit) {
      const rows = newest.all(Math.min(Math.max(limit, 1), MAX_RECENT)) as unknown as Row[];
      return rows.map(eventOf);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function eventOf(row: Row): ChangeEvent {
  return {
    id: String(row.id),
    atMs: row.at_ms,
    verb: row.verb as ChangeVerb,
    subject: refOf(row.subject),
    message: row.message,
    actor: row.actor,
  };
}
