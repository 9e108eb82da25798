/** The two operations of RFC 6902 that injection needs and `remove`, which uninjection needs. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };
export type JsonPatch = readonly PatchOperation[];

/** A key as one token of a JSON pointer: `linkerd.io/inject` → `linkerd.io~1inject`. */
export function pointerToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/**
 * Collects operations on a document, making the objects and lists on the way that are not there yet. Reads the document,
 * never changes it.
 */
export class PatchBuilder {
  readonly #operations: PatchOperation[] = [];
  readonly #made = new Set<string>();
  readonly #document: unknown;
  readonly #prefix: string;

  /** @param prefix pointer of the part that `document` is, put before every path: `/spec/template`. */
  constructor(document: unknown, prefix = '') {
    this.#document = document;
    this.#prefix = prefix;
  }

  get operations(): JsonPatch {
    return this.#operations;
  }

  /** Sets keys of a map such as `/metadata/labels`; the map is made where there is none. */
  setKeys(path: string, entries: Readonly<Record<string, unknown>>): void {
    const names = Object.keys(entries);
    if (names.length === 0) return;
    this.#ensure(path, {});
    for (const name of names) this.#add(`${path}/${pointerToken(name)}`, entries[name]);
  }

  /** Adds one to a list such as `/spec/containers`: at the end, or before what stands at `index`. */
  insert(path: string, value: unknown, index: number | 'end'): void {
    this.#ensure(path, []);
    this.#add(`${path}/${index === 'end' ? '-' : index}`, value);
  }

  #ensure(path: string, empty: unknown): void {
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (parent !== '') this.#ensure(parent, {});
    if (this.#made.has(path) || !isNothing(lookUp(this.#document, path))) return;
    this.#made.add(path);
    this.#add(path, empty);
  }

  #add(path: string, value: unknown): void {
    this.#operations.push({ op: 'add', path: this.#prefix + path, value });
  }
}

/** Whether a value is absent; Kubernetes writes null for some empty maps. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function lookUp(document: unknown, path: string): unknown {
  let at: unknown = document;
  for (const token of tokensOf(path)) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string, unknown>)[token];
  }
  return at;
}

/**
 * The document with a patch of this module applied; the document given stays as it is.
 * @throws Error when a path leads nowhere, which is a bug of whoever built the patch.
 */
export function applyPatch<T>(document: T, patch: JsonPatch): T {
  const copy = structuredClone(document);
  for (const operation of patch) applyOne(copy, operation);
  return copy;
}

function applyOne(document: unknown, operation: PatchOperation): void {
  const tokens = tokensOf(operation.path);
  const last = tokens.pop() ?? '';
  let parent: unknown = document;
  for (const token of tokens) parent = (parent as Record<string, unknown> | undefined)?.[token];
  if (typeof parent !== 'object' || parent === null) {
    throw new Error(`The patch leads nowhere at ${operation.path}.`);
  }
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (operation.op === 'remove') parent.splice(index, 1);
    else parent.splice(index, operation.op === 'replace' ? 1 : 0, structuredClone(operation.value));
    return;
  }
  const fields = parent as Record<string, unknown>;
  if (operation.op === 'remove') delete fields[last];
  else fields[last] = structuredClone(operation.value);
}

function tokensOf(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}
