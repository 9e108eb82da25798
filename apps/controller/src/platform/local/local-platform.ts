import { setTimeout as delay } from 'node:timers/promises';
import type {
  InjectRequest,
  PlatformState,
  RolloutState,
  SourcesReply,
  TokenReview,
  WorkloadRef,
} from '@tulle/model';
import type { Platform } from '../platform.ts';
import { createRuntimeClient } from './runtime-client.ts';

const EMPTY: PlatformState = {
  revision: 0,
  workloads: [],
  instances: [],
  services: [],
  rollouts: [],
};
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 2000;

export interface LocalPlatformOptions {
  /** Path of the runtime's Unix socket. */
  readonly socketPath: string;
  /** Told why the watch broke, once per break. */
  readonly onWatchError?: (error: Error) => void;
}

/**
 * The laptop's runtime as a platform. Watches from the moment it is made, again and again with backoff when the watch
 * breaks; the last state stays meanwhile. The caller closes it.
 */
export function createLocalPlatform(options: LocalPlatformOptions): Platform {
  const client = createRuntimeClient(options.socketPath);
  const stop = new AbortController();
  const listeners = new Set<() => void>();
  let state = EMPTY;
  let connected = false;

  function announce(): void {
    for (const listener of listeners) listener();
  }

  function setConnected(value: boolean): void {
    if (connected === value) return;
    connected = value;
    announce();
  }

  function take(line: string): void {
    state = JSON.parse(line) as PlatformState;
    connected = true;
    announce();
  }

  async function watch(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!stop.signal.aborted) {
      const before = state;
      try {
        await client.readLines('/v1/watch', take, stop.signal);
      } catch (error) {
        if (stop.signal.aborted) return;
        if (connected || state === EMPTY) options.onWatchError?.(error as Error);
      }
      setConnected(false);
      backoffMs = state === before ? Math.min(backoffMs * 2, MAX_BACKOFF_MS) : FIRST_BACKOFF_MS;
      await delay(backoffMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  }
  void watch();

  return {
    state: () => state,
    connected: () => connected,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setInject: (workload, inject) =>
      client.sendJson<RolloutState>('PUT', `${pathOf(workload)}/inject`, {
        inject,
      } satisfies InjectRequest),
    restart: (workload) => client.sendJson<RolloutState>('POST', `${pathOf(workload)}/restart`, {}),
    reviewToken: (token, audience) =>
      client.sendJson<TokenReview>('POST', '/v1/token-reviews', { token, audience }),
    sources: (addresses) => client.sendJson<SourcesReply>('POST', '/v1/sources', { addresses }),
    podLog: (pod, container, tailLines) =>
      client.getText(
        `/v1/pods/${encodeURIComponent(pod.namespace)}/${encodeURIComponent(pod.name)}/log?container=${container}&tailLines=${tailLines}`,
      ),
    close() {
      stop.abort();
      listeners.clear();
      client.close();
    },
  };
}

function pathOf({ namespace, kind, name }: WorkloadRef): string {
  return `/v1/workloads/${encodeURIComponent(namespace)}/${kind}/${encodeURIComponent(name)}`;
}
