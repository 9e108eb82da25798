import type { TulleError } from '@tulle/model';
import type { KubernetesApi } from './kubernetes-api.ts';
import { runReflector, type ReflectorTiming } from './reflector.ts';

/** How one collection is watched. */
export interface Collection<T> {
  /** Without a query: `/api/v1/pods`. */
  readonly path: string;
  /** Takes what is needed of an object. Null leaves the object out. */
  readonly keep: (object: never) => T | null;
  /** True where a CRD may not be installed. */
  readonly mayBeMissing: boolean;
}

export interface WatchCollectionsOptions<Kinds extends object> {
  readonly api: Pick<KubernetesApi, 'request' | 'lines'>;
  readonly collections: { readonly [K in keyof Kinds]?: Collection<Kinds[K]> };
  readonly objects: {
    put<K extends keyof Kinds & string>(kind: K, key: string, value: Kinds[K]): void;
    remove(kind: keyof Kinds & string, key: string): void;
  };
  readonly timing: ReflectorTiming;
  /** Told when a kind cannot be watched, once per reason, and (null) when it can again. */
  readonly onFault: (kind: string, error: TulleError | null) => void;
}

export interface CollectionsWatch {
  /** Kinds not listed yet, each with the reason known so far; null when all are. */
  waitingFor(): string | null;
  isReady(): boolean;
  /** Whether every watch is open. */
  connected(): boolean;
  /** Tells when `isReady` or `connected` changed. Gives the function that stops it. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

interface KindWatch {
  isSynced: boolean;
  fault: TulleError | null;
}

/** Watches collections into `objects` until it is closed; what is known stays while the API server is away. */
export function watchCollections<Kinds extends object>(
  options: WatchCollectionsOptions<Kinds>,
): CollectionsWatch {
  const { api, objects, timing } = options;
  const stop = new AbortController();
  const listeners = new Set<() => void>();
  const kinds = Object.keys(options.collections) as (keyof Kinds & string)[];
  const watches = new Map<string, KindWatch>();

  function announce(): void {
    for (const listener of listeners) listener();
  }

  function start<K extends keyof Kinds & string>(kind: K): Promise<void> {
    const collection = options.collections[kind];
    if (collection === undefined) return Promise.resolve();
    const watch: KindWatch = { isSynced: false, fault: null };
    watches.set(kind, watch);
    return runReflector<never, Kinds[K]>(
      {
        ...collection,
        api,
        timing,
        sink: {
          put: (key, value) => objects.put(kind, key, value),
          remove: (key) => objects.remove(kind, key),
          synced() {
            watch.isSynced = true;
            announce();
          },
          connected(fault) {
            if (watch.fault?.message === fault?.message) return;
            watch.fault = fault;
            options.onFault(kind, fault);
            announce();
          },
        },
      },
      stop.signal,
    );
  }
  const running = kinds.map((kind) => start(kind));

  return {
    waitingFor() {
      const missing = [...watches].filter(([, { isSynced }]) => !isSynced);
      if (missing.length === 0) return null;
      const names = missing.map(([kind, { fault }]) =>
        fault === null ? kind : `${kind} (${fault.message})`,
      );
      return `waiting for the first list of ${names.join(', ')}`;
    },
    isReady: () => [...watches.values()].every(({ isSynced }) => isSynced),
    connected: () => [...watches.values()].every(({ fault }) => fault === null),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      stop.abort();
      listeners.clear();
      await Promise.all(running);
    },
  };
}
