/**
 * Differences between two JSON values as an RFC 7396 merge patch. In a merge patch null means "remove", so the members
 * that become null travel beside it as JSON Pointers (RFC 6901). Arrays are replaced whole, as the RFC says.
 */

/** What turns one JSON value into another. */
export interface ValuePatch {
  /** RFC 7396. */
  readonly patch: unknown;
  /** JSON Pointers of object members to set to null once `patch` is merged. */
  readonly nulls: readonly string[];
}

type JsonObject = Readonly<Record<string, unknown>>;

const NO_NULLS: readonly string[] = [];

/** The patch from `before` to `after`; null when they are equal as JSON. Members that are undefined count as absent. */
export function diffValues(before: unknown, after: unknown): ValuePatch | null {
  if (!isObject(before) || !isObject(after)) {
    if (sameJson(before, after)) return null;
    if (!isObject(after)) return { patch: after, nulls: NO_NULLS };
  }
  const nulls: string[] = [];
  const patch = diffObjects(isObject(before) ? before : {}, after, '', nulls);
  if (patch === null && nulls.length === 0 && isObject(before)) return null;
  return { patch: patch ?? {}, nulls };
}

/** `target` with the patch merged in. Shares every unchanged part with `target` and changes nothing in place. */
export function applyPatch(target: unknown, change: ValuePatch): unknown {
  let value = mergePatch(target, change.patch);
  for (const pointer of change.nulls) {
    value = setNull(value, pointer.split('/').slice(1).map(unescapePointer));
  }
  return value;
}

/** RFC 7396 section 2, without mutation. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const members = Object.entries(patch);
  if (members.length === 0 && isObject(target)) return target;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of members) {
    if (key === '__proto__') continue;
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

function diffObjects(
  before: JsonObject,
  after: JsonObject,
  at: string,
  nulls: string[],
): Record<string, unknown> | null {
  let patch: Record<string, unknown> | null = null;
  for (const key of Object.keys(before)) {
    if (before[key] === undefined || member(after, key) !== undefined) continue;
    (patch ??= {})[key] = null;
  }
  for (const key of Object.keys(after)) {
    const next = after[key];
    const last = member(before, key);
    if (next === last || next === undefined) continue;
    if (next === null) {
      nulls.push(`${at}/${escapePointer(key)}`);
      continue;
    }
    if (isObject(next)) {
      const found = nulls.length;
      const inner = diffObjects(
        isObject(last) ? last : {},
        next,
        `${at}/${escapePointer(key)}`,
        nulls,
      );
      // An object that is new, or stands where none stood, has to be made even when it is empty or has only nulls.
      if (inner !== null || !isObject(last)) (patch ??= {})[key] = inner ?? {};
      else if (nulls.length > found) patch ??= {};
      continue;
    }
    if (!sameJson(last, next)) (patch ??= {})[key] = next;
  }
  return patch;
}

function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => sameJson(item, b[index]));
  }
  const left = a as JsonObject;
  const right = b as JsonObject;
  const keys = Object.keys(left).filter((key) => left[key] !== undefined);
  const count = Object.keys(right).filter((key) => right[key] !== undefined).length;
  return keys.length === count && keys.every((key) => sameJson(left[key], member(right, key)));
}

function setNull(target: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return null;
  if (!isObject(target) || key === '__proto__') return target;
  return { ...target, [key]: rest.length === 0 ? null : setNull(target[key], rest) };
}

/** Keys are data here: `valueOf` is a member like any other, and absent unless it is the object's own. */
function member(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
