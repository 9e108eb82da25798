/** A mesh of fake proxies with real tap services, and a hub that taps them. */
import assert from 'node:assert/strict';
import { afterEach, before } from 'node:test';
import { parseFilter } from '@tulle/model';
import type { PlatformState, SourcesReply, TapExchange, WorkloadRef } from '@tulle/model';
import type { StreamNotice } from '@tulle/live';
import type { Authority } from '@tulle/pki';
import { createConnectObserve, type ConnectObserve } from '../observe-client.ts';
import { createPeerNames } from '../peer-names.ts';
import { createTapHub } from '../tap-hub.ts';
import { identityOf, startTapProxy, TAP_CLIENT, testAuthority } from './tap-proxy.ts';
import type { TapProxy } from './tap-proxy.ts';

export const WEB: WorkloadRef = { kind: 'deployment', namespace: 'demo', name: 'web' };
export const BOT: WorkloadRef = { kind: 'deployment', namespace: 'demo', name: 'bot' };

let authority: Authority;
/** Called, last first, after each test. */
export const cleanups: (() => unknown)[] = [];
before(async () => {
  authority = await testAuthority();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

export interface Harness {
  readonly proxies: TapProxy[];
  readonly rows: TapExchange[];
  /** What the hub said it lost, in all. */
  readonly lost: { count: number };
  readonly notices: StreamNotice[];
  readonly hub: ReturnType<typeof createTapHub>;
  readonly connect: ConnectObserve;
  readonly state: () => PlatformState;
  readonly onStateChange: (listener: () => void) => () => void;
  /** Adds a proxy of web, or of another workload. */
  add(name: string, workload?: WorkloadRef, identity?: string): Promise<TapProxy>;
  /** Adds a proxy of web that knows Watch. */
  addWatched(name: string): Promise<TapProxy>;
  remove(proxy: TapProxy): Promise<void>;
  open(
    resource?: WorkloadRef,
    filter?: string,
    maxPerSecond?: number,
    bodies?: boolean,
  ): () => void;
}

/** Ended after each test. @param known names of clients outside the mesh, by address. */
export function setUp(known: SourcesReply['sources'] = {}, windowSeconds = 5): Harness {
  const proxies: TapProxy[] = [];
  const rows: TapExchange[] = [];
  const lost = { count: 0 };
  const notices: StreamNotice[] = [];
  const listeners = new Set<() => void>();
  const state = (): PlatformState => ({
    revision: 1,
    workloads: [WEB, BOT].map((ref) => ({
      ref,
      replicas: 1,
      serviceAccount: ref.name,
      inject: 'enabled',
      ports: [],
      createdAtMs: 0,
    })),
    instances: [
      ...proxies.map(({ instance }) => instance),
      {
        ref: { kind: 'pod', namespace: 'demo', name: 'bot-1' },
        workload: BOT,
        serviceAccount: 'bot',
        phase: 'ready',
        restarts: 0,
        reason: null,
        proxy: null,
        endpoints: [],
        startedAtMs: 0,
      },
    ],
    services: [],
    rollouts: [],
  });
  const onStateChange = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const now = Date.now;
  const connect = createConnectObserve(() => authority.issueCredentials(TAP_CLIENT));
  const hub = createTapHub({
    state,
    onStateChange,
    connect,
    names: createPeerNames({
      state,
      sources: async () => ({ sources: known, plainConnections: [] }),
      now,
    }),
    now,
    windowSeconds,
  });
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    proxies,
    rows,
    lost,
    notices,
    hub,
    connect,
    state,
    onStateChange,
    add: async (name, workload = WEB, identity) => {
      const proxy = await startTapProxy(authority, workload, name, identity);
      cleanups.unshift(() => proxy.close());
      proxies.push(proxy);
      changed();
      return proxy;
    },
    addWatched: async (name) => {
      const proxy = await startTapProxy(authority, WEB, name, identityOf(WEB.name), true);
      cleanups.unshift(() => proxy.close());
      proxies.push(proxy);
      changed();
      return proxy;
    },
    remove: async (proxy) => {
      proxies.splice(proxies.indexOf(proxy), 1);
      await proxy.close();
      changed();
    },
    open: (resource = WEB, filter = '', maxPerSecond = 100, bodies = false) => {
      const parsed = parseFilter(filter);
      assert.ok(parsed.ok);
      const stop = hub.open(
        { resource, filter: parsed.filter, maxPerSecond, headers: true, bodies },
        {
          onExchange: (row, dropped) => {
            rows.push(row);
            lost.count += dropped;
          },
          onNotice: (notice) => notices.push(notice),
        },
      );
      cleanups.push(stop);
      return stop;
    },
  };
}

/** @throws Error when it has not come true after 8 s. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const giveUpAtMs = Date.now() + 8000;
  while (!condition()) {
    if (Date.now() > giveUpAtMs) throw new Error(`Waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
