import { TulleError } from '@tulle/model';
import { isExpired } from './api-status.ts';
import type { KubernetesApi } from './kubernetes-api.ts';

/** The part of every object that a reflector reads itself. */
export interface ObjectHead {
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly resourceVersion: string;
  };
}

/** Where a reflector puts what it sees. Calls come one at a time, in the order of the API server. */
export interface ReflectorSink<T> {
  /** The object is there, or is there in a new version. */
  put(key: string, value: T): void;
  remove(key: string): void;
  /** Everything that existed was put; called once, before the first watch. */
  synced(): void;
  /** The API server answers again, or does not: `why` is null when it does. Called on every change. */
  connected(why: TulleError | null): void;
}

export interface ReflectorOptions<O extends ObjectHead, T> {
  readonly api: Pick<KubernetesApi, 'request' | 'lines'>;
  /** Collection, without a query: `/api/v1/pods`. */
  readonly path: string;
  /** Label and field selectors as the API takes them. */
  readonly selector?: Readonly<Record<string, string>>;
  /** Takes what is needed of an object; the rest is let go. Null leaves the object out. */
  readonly keep: (object: O) => T | null;
  readonly sink: ReflectorSink<T>;
  /** A collection the server does not have (a CRD that is not installed) counts as empty and is asked for again. */
  readonly mayBeMissing?: boolean;
  readonly timing: ReflectorTiming;
}

/** Time and chance, as parameters. */
export interface ReflectorTiming {
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** Objects of one page of a list: about 2 MB of JSON for pods. */
const PAGE_SIZE = 300;
/** A watch is asked to end by itself after this long, plus as much again by chance, so that watches do not end together. */
const WATCH_SECONDS = 300;
/** The server sends a bookmark about each minute; a watch silent for longer leads nowhere. */
const IDLE_TIMEOUT_MS = 150_000;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 10_000;
/** A collection that is missing is asked for this often: nothing tells when a CRD is installed. */
const MISSING_RETRY_MS = 30_000;

interface ListPage<O> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items?: readonly O[];
}

interface WatchEvent<O> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: O;
}

/**
 * Keeps a copy of a collection by list and watch, until the signal is aborted. After a break it goes on from the last
 * version seen; when the server forgot that version (410) it lists anew and tells only the differences. While the
 * server is away the copy stays as it was. The library's own informer stops at the first error, lists without pages and
 * asks for no bookmarks.
 */
export async function runReflector<O extends ObjectHead, T>(
  options: ReflectorOptions<O, T>,
  signal: AbortSignal,
): Promise<void> {
  const { api, path, sink, keep, timing } = options;
  /** Version of each object that the sink has. */
  const known = new Map<string, string>();
  let version: string | null = null;
  let isSynced = false;
  let isMissing = false;
  let failures = 0;

  function sync(): void {
    if (isSynced) return;
    isSynced = true;
    sink.synced();
  }

  function take(object: O): string {
    const { namespace, name, resourceVersion } = object.metadata;
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    if (known.get(key) === resourceVersion) return key;
    const value = keep(object);
    if (value === null) drop(key);
    else {
      known.set(key, resourceVersion);
      sink.put(key, value);
    }
    return key;
  }

  function drop(key: string): void {
    if (known.delete(key)) sink.remove(key);
  }

  function queryOf(more: Readonly<Record<string, string>>): string {
    return `${path}?${new URLSearchParams({ ...options.selector, ...more }).toString()}`;
  }

  async function list(): Promise<string> {
    const seen = new Set<string>();
    let next = '';
    for (;;) {
      const page: ListPage<O> = await api.request({
        method: 'GET',
        path: queryOf({ limit: String(PAGE_SIZE), ...(next === '' ? {} : { continue: next }) }),
      });
      if (signal.aborted) return page.metadata.resourceVersion;
      for (const object of page.items ?? []) seen.add(take(object));
      next = page.metadata.continue ?? '';
      if (next !== '') continue;
      for (const key of known.keys()) if (!seen.has(key)) drop(key);
      return page.metadata.resourceVersion;
    }
  }

  function hear(line: string): void {
    const { type, object } = JSON.parse(line) as WatchEvent<O>;
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
        take(object);
        break;
      case 'DELETED': {
        const { namespace, name } = object.metadata;
        drop(namespace === undefined ? name : `${namespace}/${name}`);
        break;
      }
      case 'BOOKMARK':
        break;
      case 'ERROR':
        throw watchError(object);
    }
    failures = 0;
    version = object.metadata.resourceVersion;
  }

  async function watch(from: string): Promise<void> {
    const timeoutSeconds = Math.round(WATCH_SECONDS * (1 + timing.random()));
    const query = queryOf({
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: from,
      timeoutSeconds: String(timeoutSeconds),
    });
    await api.lines(query, hear, {
      signal,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      onOpen: () => sink.connected(null),
    });
  }

  async function listAndWatch(): Promise<void> {
    if (version === null) {
      version = await list();
      isMissing = false;
      sink.connected(null);
      sync();
    }
    await watch(version);
  }

  while (!signal.aborted) {
    try {
      await listAndWatch();
    } catch (reason) {
      if (signal.aborted) return;
      const error = TulleError.from(reason);
      if (isExpired(error)) version = null;
      else if (error.code === 'not_found' && options.mayBeMissing === true) {
        version = null;
        isMissing = true;
        for (const key of known.keys()) drop(key);
        sink.connected(null);
        sync();
      } else sink.connected(error);
    }
    // A watch that ends at once without an event, again and again, must not become polling either.
    const waitMs = isMissing ? MISSING_RETRY_MS : backoffMs(failures, timing.random);
    await timing.delay(waitMs, signal);
    failures += 1;
  }
}

/** Full jitter over the upper half: many controllers of one dead server come back spread out. */
function backoffMs(failures: number, random: () => number): number {
  const ceiling = Math.min(FIRST_BACKOFF_MS * 2 ** failures, MAX_BACKOFF_MS);
  return ceiling * (0.5 + random() / 2);
}

function watchError(object: unknown): TulleError {
  const { message } = object as { readonly message?: string };
  return new TulleError('unavailable', `The Kubernetes API ended a watch: ${message ?? ''}.`, {
    cause: object,
  });
}
