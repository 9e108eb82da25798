/** Routes as they are being edited: rows of texts that may not be valid yet, and the way to and from a profile. */
import { pathPatternToRegex, regexToPathPattern } from '@tulle/model';
import type {
  RequestMatchSpec,
  ResponseClassSpec,
  RouteSpec,
  ServiceProfileSpec,
  StoredProfile,
} from '@tulle/model';

/** `default`: 5xx and the failing gRPC statuses. `custom`: stored classes that no choice of the list gives. */
export type FailureRule = 'default' | 'client-errors' | 'never' | 'custom';

export interface DraftRow {
  /** Stable while editing; also React's key. */
  readonly id: string;
  readonly method: string;
  /** A path with `{names}`, or a regular expression. */
  readonly path: string;
  readonly timeout: string;
  readonly retryable: boolean;
  readonly failure: FailureRule;
  /** The stored route this row began as; null for a new one. What the table cannot show is kept from here. */
  readonly origin: RouteSpec | null;
}

export interface RoutesDraft {
  /** Version the draft was made from. */
  readonly baseVersion: number;
  readonly rows: readonly DraftRow[];
}

/** Fields of a row that are typed or chosen. */
export type RowField = 'method' | 'path' | 'timeout' | 'retryable' | 'failure';

const CLASSES: Readonly<Record<'client-errors' | 'never', readonly ResponseClassSpec[]>> = {
  'client-errors': [{ condition: { status: { min: 400, max: 599 } }, isFailure: true }],
  never: [{ condition: { status: { min: 100, max: 599 } }, isFailure: false }],
};

/** The draft that changes nothing. */
export function draftOf(stored: StoredProfile): RoutesDraft {
  const rows = stored.spec.routes.map((route, index) => rowOf(route, `s${index}`));
  return { baseVersion: stored.version, rows };
}

function rowOf(route: RouteSpec, id: string): DraftRow {
  return {
    id,
    method: route.condition.method ?? '',
    path: pathTextOf(route.condition),
    timeout: route.timeout ?? '',
    retryable: route.isRetryable ?? false,
    failure: failureOf(route.responseClasses),
    origin: route,
  };
}

/** A row for a request that was seen, or an empty one to type into. */
export function newRow(
  id: string,
  seen?: { readonly method: string; readonly path: string },
): DraftRow {
  return {
    id,
    method: seen?.method ?? 'GET',
    path: seen?.path ?? '',
    timeout: '',
    retryable: false,
    failure: 'default',
    origin: null,
  };
}

/** Conditions with all, any or not are shown, not edited. */
export function isPlainCondition({ all, any, not }: RequestMatchSpec): boolean {
  return all === undefined && any === undefined && not === undefined;
}

function pathTextOf(condition: RequestMatchSpec): string {
  return condition.pathRegex === undefined ? '' : regexToPathPattern(condition.pathRegex);
}

function failureOf(classes: readonly ResponseClassSpec[] | undefined): FailureRule {
  if (classes === undefined || classes.length === 0) return 'default';
  const text = JSON.stringify(classes);
  if (text === JSON.stringify(CLASSES['client-errors'])) return 'client-errors';
  return text === JSON.stringify(CLASSES.never) ? 'never' : 'custom';
}

/** The profile the draft stands for, valid or not. What the table does not show is kept as stored. */
export function specOf(draft: RoutesDraft, stored: ServiceProfileSpec): ServiceProfileSpec {
  return { ...stored, routes: draft.rows.map(routeOf) };
}

function routeOf(row: DraftRow): RouteSpec {
  const condition = conditionOf(row);
  const classes = classesOf(row);
  const timeout = row.timeout.trim();
  return {
    name: nameOf(row),
    condition,
    ...(classes === undefined ? {} : { responseClasses: classes }),
    ...(row.retryable ? { isRetryable: true } : {}),
    ...(timeout === '' ? {} : { timeout: goDuration(timeout) }),
  };
}

function conditionOf({ method, path, origin }: DraftRow): RequestMatchSpec {
  if (origin !== null && !isPlainCondition(origin.condition)) return origin.condition;
  const typed = path.trim();
  // A regex that was not touched stays as it is stored, also where the text shown says a little less.
  const kept = origin !== null && pathTextOf(origin.condition) === typed;
  const pathRegex = kept ? origin.condition.pathRegex : pathPatternToRegex(typed);
  return {
    ...(method.trim() === '' ? {} : { method: method.trim() }),
    ...(pathRegex === undefined || (typed === '' && method.trim() !== '' && !kept)
      ? {}
      : { pathRegex }),
  };
}

function classesOf({ failure, origin }: DraftRow): readonly ResponseClassSpec[] | undefined {
  if (failure === 'default') return undefined;
  return failure === 'custom' ? origin?.responseClasses : CLASSES[failure];
}

/** A stored route keeps its name, so that its numbers go on, until its method or path is changed. */
function nameOf(row: DraftRow): string {
  const own = [row.method.trim(), row.path.trim()].filter((part) => part !== '').join(' ');
  const { origin } = row;
  if (origin === null) return own;
  const { condition, name } = origin;
  const same =
    (condition.method ?? '') === row.method.trim() && pathTextOf(condition) === row.path.trim();
  return same || !isPlainCondition(condition) ? name : own;
}

/** "250 ms" and "2 s" as people write them are Go's "250ms" and "2s". */
function goDuration(text: string): string {
  return text.replaceAll(/\s+/g, '');
}

/** Whether saving it would change anything. */
export function isChanged(draft: RoutesDraft, stored: StoredProfile): boolean {
  return (
    JSON.stringify(specOf(draft, stored.spec)) !==
    JSON.stringify(specOf(draftOf(stored), stored.spec))
  );
}
