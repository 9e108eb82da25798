import type { DatabaseSync } from 'node:sqlite';
import {
  keyOf,
  refOf,
  TulleError,
  validateServiceProfile,
  type ServiceProfileSpec,
  type ServiceRef,
  type StoredProfile,
} from '@tulle/model';
import type { ProfileStore } from './profile-store.ts';

/** Versions kept of each profile, the newest included. */
export const MAX_VERSIONS = 50;

export interface ProfileStoreOptions {
  /** Owned by the caller, who closes it after the store's last use. */
  readonly database: DatabaseSync;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Row {
  readonly service: string;
  readonly version: number;
  readonly spec: string | null;
  readonly saved_at_ms: number;
  readonly saved_by: string;
}

/**
 * ServiceProfiles in one SQLite table, a row per version (`spec` null where the profile was removed, so that versions
 * never repeat). All current profiles are in memory; the table is read once.
 */
export function createSqliteProfileStore({ database, now }: ProfileStoreOptions): ProfileStore {
  database.exec(
    `CREATE TABLE IF NOT EXISTS profiles (
       service TEXT NOT NULL, version INTEGER NOT NULL, spec TEXT, saved_at_ms INTEGER NOT NULL,
       saved_by TEXT NOT NULL, PRIMARY KEY (service, version)) STRICT`,
  );
  const insert = database.prepare('INSERT INTO profiles VALUES (?, ?, ?, ?, ?)');
  const prune = database.prepare('DELETE FROM profiles WHERE service = ? AND version <= ?');
  const versions = new Map<string, number>();
  const current = new Map<string, StoredProfile>();
  for (const row of newestRows(database)) {
    versions.set(row.service, row.version);
    const profile = profileOf(row);
    if (profile !== null) current.set(row.service, profile);
  }
  const listeners = new Set<(service: ServiceRef) => void>();

  function write(
    service: ServiceRef,
    spec: ServiceProfileSpec | null,
    baseVersion: number,
    actor: string,
  ): StoredProfile | null {
    const key = keyOf(service);
    const stored = current.get(key)?.version ?? 0;
    if (stored !== baseVersion) throw staleVersion(service, baseVersion, stored);
    const row: Row = {
      service: key,
      version: (versions.get(key) ?? 0) + 1,
      spec: spec === null ? null : JSON.stringify(spec),
      saved_at_ms: now(),
      saved_by: actor,
    };
    insert.run(row.service, row.version, row.spec, row.saved_at_ms, row.saved_by);
    prune.run(key, row.version - MAX_VERSIONS);
    versions.set(key, row.version);
    const profile = profileOf(row);
    if (profile === null) current.delete(key);
    else current.set(key, profile);
    for (const listener of listeners) listener(service);
    return profile;
  }

  return {
    get: (service) => current.get(keyOf(service)) ?? null,
    inForce: (service) => current.get(keyOf(service))?.spec ?? null,
    list: () => [...current.values()],
    async save(service, spec, baseVersion, actor) {
      const issues = validateServiceProfile(spec);
      if (issues.length > 0) {
        throw new TulleError(
          'invalid_argument',
          `The routes of ${service.name} were not saved: ${issues[0]?.message ?? 'they are invalid'}.`,
          { issues },
        );
      }
      return write(service, spec, baseVersion, actor) as StoredProfile;
    },
    async remove(service, baseVersion, actor) {
      if (!current.has(keyOf(service)))
        throw new TulleError('not_found', `${service.name} has no routes of its own to remove.`);
      write(service, null, baseVersion, actor);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function newestRows(database: DatabaseSync): Row[] {
  return database
    .prepare(
      `SELECT * FROM profiles AS p
       WHERE version = (SELECT max(version) FROM profiles WHERE service = p.service)`,
    )
    .all() as unknown as Row[];
}

function profileOf(row: Row): StoredProfile | null {
  if (row.spec === null) return null;
  const { namespace, name } = refOf(row.service);
  return {
    namespace,
    service: name,
    version: row.version,
    spec: JSON.parse(row.spec) as ServiceProfileSpec,
    savedAtMs: row.saved_at_ms,
    savedBy: row.saved_by,
  };
}

function staleVersion(service: ServiceRef, base: number, stored: number): TulleError {
  const now = stored === 0 ? 'there are none now' : `version ${stored} is in force now`;
  return new TulleError(
    'conflict',
    `The routes of ${service.name} changed since version ${base}, which you edited: ${now}. Nothing was saved.`,
  );
}
