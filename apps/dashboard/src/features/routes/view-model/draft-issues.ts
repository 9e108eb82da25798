import { validateServiceProfile } from '@tulle/model';
import type { Issue, ServiceProfileSpec } from '@tulle/model';
import type { RowField } from './draft.ts';

/** What is wrong with a draft, field by field, and what belongs to no field of the table. */
export interface DraftIssues {
  readonly fields: readonly Readonly<Partial<Record<RowField, string>>>[];
  readonly rest: readonly Issue[];
  readonly total: number;
}

/** The validator's issues (or the server's, which has the same rules) beside the fields they are about. */
export function issuesOf(spec: ServiceProfileSpec, fromServer: readonly Issue[]): DraftIssues {
  const own = validateServiceProfile(spec);
  const all = own.length > 0 ? own : fromServer;
  const fields = spec.routes.map((): Partial<Record<RowField, string>> => ({}));
  const rest: Issue[] = [];
  for (const issue of all) {
    const place = placeOf(issue.path);
    const row = place === null ? undefined : fields[place.index];
    if (place === null || row === undefined) rest.push(issue);
    else row[place.field] ??= issue.message;
  }
  return { fields, rest, total: all.length };
}

function placeOf(path: string): { readonly index: number; readonly field: RowField } | null {
  const parts = /^routes\[(\d+)\](?:\.(.*))?$/.exec(path);
  if (parts === null) return null;
  return { index: Number(parts[1]), field: fieldOf(parts[2] ?? '') };
}

/** A name is made of method and path, so a double one is said at the path. */
function fieldOf(rest: string): RowField {
  if (rest.startsWith('timeout')) return 'timeout';
  if (rest.startsWith('condition.method')) return 'method';
  if (rest.startsWith('responseClasses')) return 'failure';
  return rest.startsWith('isRetryable') ? 'retryable' : 'path';
}
