import type { V1ConfigMap } from '@kubernetes/client-node';
import { TulleError, type ChangeEvent } from '@tulle/model';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { runReflector, type ReflectorTiming } from '../kubernetes/reflector.ts';
import type { ChangeLog } from './change-log.ts';

export interface KubernetesChangeLogOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  /** Name of this replica's pod, which makes its events' ids its own. */
  readonly replica: string;
  readonly timing: ReflectorTiming;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told when what was recorded could not be written; it is tried again with the next record. */
  readonly onFault: (error: TulleError) => void;
}

/** The ConfigMap that the chart makes, empty, so that it goes with the chart. */
export const CHANGES_CONFIG_MAP = 'tulle-changes';
const KEY = 'changes.jsonl';
/** Older events are let go; a ConfigMap takes 1 MiB. */
export const MAX_EVENTS = 1000;
const MAX_BYTES = 700 * 1024;
const MAX_RECENT = 1000;
/** Records of this long are written together. */
const BATCH_MS = 500;
/** Writes that another replica came before are merged again so many times. */
const MAX_ATTEMPTS = 5;
/** What several replicas saw of the cluster at the same time is one event. */
const SAME_EVENT_MS = 60_000;

type ConfigMap = Pick<V1ConfigMap, 'data'> & {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
};

/**
 * The audit log in one bounded ConfigMap. Events of the API would be the obvious place, but an API server forgets them
 * after an hour, and a log that forgets who changed what is none; a volume would tie the dashboard to a node. Reads are
 * from memory, which a watch keeps up to date with what other replicas wrote.
 */
export function createKubernetesChangeLog(
  options: KubernetesChangeLogOptions,
): ChangeLog & { close(): Promise<void> } {
  const { api, namespace, now } = options;
  const stop = new AbortController();
  const listeners = new Set<(event: ChangeEvent) => void>();
  const collection = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps`;
  let written: readonly ChangeEvent[] = [];
  let pending: ChangeEvent[] = [];
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let sequence = 0;
  let lastFault = '';

  function take(map: ConfigMap): void {
    const known = new Set([...written, ...pending].map(({ id }) => id));
    written = readEvents(map);
    for (const event of written) if (!known.has(event.id)) tell(event);
  }

  function tell(event: ChangeEvent): void {
    for (const listener of listeners) listener(event);
  }

  async function write(): Promise<void> {
    const batch = pending;
    for (let attempt = 0; batch.length > 0; attempt++) {
      try {
        const current = await read();
        const events = merge(current === null ? [] : readEvents(current), batch);
        const data = { [KEY]: events.map((event) => JSON.stringify(event)).join('\n') };
        const body = {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { ...current?.metadata, name: CHANGES_CONFIG_MAP },
          data,
        };
        await (current === null
          ? api.request({ method: 'POST', path: collection, body })
          : api.request({ method: 'PUT', path: `${collection}/${CHANGES_CONFIG_MAP}`, body }));
        written = events;
        pending = pending.slice(batch.length);
        return;
      } catch (reason) {
        const error = TulleError.from(reason);
        if (error.code === 'conflict' && attempt < MAX_ATTEMPTS) continue;
        options.onFault(error);
        // What cannot be written is kept for the next record, but not without end.
        pending = pending.slice(-MAX_EVENTS);
        return;
      }
    }
  }

  async function read(): Promise<ConfigMap | null> {
    try {
      return await api.request({ method: 'GET', path: `${collection}/${CHANGES_CONFIG_MAP}` });
    } catch (reason) {
      if (reason instanceof TulleError && reason.code === 'not_found') return null;
      throw reason;
    }
  }

  function flush(): Promise<void> {
    timer = null;
    writing ??= write().finally(() => {
      writing = null;
      // Whatever was recorded during the write.
      if (pending.length > 0 && !stop.signal.aborted) schedule();
    });
    return writing;
  }

  function schedule(): void {
    timer ??= setTimeout(() => void flush(), BATCH_MS);
  }

  const watching = runReflector<ConfigMap, ConfigMap>(
    {
      api,
      path: collection,
      selector: { fieldSelector: `metadata.name=${CHANGES_CONFIG_MAP}` },
      keep: (map) => map,
      timing: options.timing,
      sink: {
        put: (_key, map) => take(map),
        remove: () => {
          written = [];
        },
        synced: () => undefined,
        // A right that is missing stays missing: it is said once.
        connected: (why) => {
          if (why !== null && why.message !== lastFault) options.onFault(why);
          lastFault = why?.message ?? '';
        },
      },
    },
    stop.signal,
  );

  return {
    record(event) {
      const atMs = now();
      sequence += 1;
      const id = `${atMs.toString(36)}-${sequence.toString(36)}-${options.replica}`;
      const recorded: ChangeEvent = { ...event, id, atMs };
      pending.push(recorded);
      schedule();
      tell(recorded);
      return recorded;
    },
    recent(limit) {
      const known = new Set(written.map(({ id }) => id));
      return [...written, ...pending.filter(({ id }) => !known.has(id))]
        .sort((a, b) => b.atMs - a.atMs)
        .slice(0, Math.min(Math.max(limit, 1), MAX_RECENT));
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      if (timer !== null) clearTimeout(timer);
      stop.abort();
      await writing;
      await write();
      await watching;
      listeners.clear();
    },
  };
}

/** Both, oldest first, without what several replicas saw, within the limits. */
function merge(before: readonly ChangeEvent[], added: readonly ChangeEvent[]): ChangeEvent[] {
  const events = [...before];
  for (const event of added) {
    const isKnown = events.some(
      (each) =>
        each.id === event.id ||
        (isSame(each, event) && Math.abs(each.atMs - event.atMs) < SAME_EVENT_MS),
    );
    if (!isKnown) events.push(event);
  }
  events.sort((a, b) => a.atMs - b.atMs);
  let bytes = 0;
  let first = events.length;
  while (first > 0 && events.length - first < MAX_EVENTS) {
    bytes += Buffer.byteLength(JSON.stringify(events[first - 1])) + 1;
    if (bytes > MAX_BYTES) break;
    first -= 1;
  }
  return events.slice(first);
}

function isSame(a: ChangeEvent, b: ChangeEvent): boolean {
  return (
    a.verb === b.verb &&
    a.message === b.message &&
    a.actor === b.actor &&
    a.subject.kind === b.subject.kind &&
    a.subject.namespace === b.subject.namespace &&
    a.subject.name === b.subject.name
  );
}

function readEvents({ data }: ConfigMap): ChangeEvent[] {
  const lines = (data?.[KEY] ?? '').split('\n').filter((line) => line !== '');
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as ChangeEvent];
    } catch {
      // A line that somebody edited by hand: the others still count.
      return [];
    }
  });
}
