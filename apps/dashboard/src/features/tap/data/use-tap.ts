'use client';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { formatFilter, isDecidedByProxy, keyOf, TulleError } from '@tulle/model';
import type { ResourceRef, TapFilter } from '@tulle/model';
import type { StreamNotice } from '@tulle/live';
import { useLiveClient } from '@/lib/live/live-provider.tsx';
import { createTapStore } from './tap-store.ts';
import type { TapSnapshot, TapStore } from './tap-store.ts';

/** `hidden`: the tab is not shown, so the mesh is not asked. */
export type TapStatus = 'starting' | 'running' | 'hidden' | 'lost' | 'refused';

export interface Tap {
  readonly store: TapStore;
  readonly snapshot: TapSnapshot;
  readonly status: TapStatus;
  readonly error: TulleError | null;
  readonly notice: StreamNotice | null;
  /** How long the tab was hidden before it was shown again; null when it never was. */
  readonly missedMs: number | null;
}

/** Redraws at most this often however much arrives. */
const DRAW_MS = 100;

/**
 * Taps a resource while the tab is shown; a component of its own per resource (give it a key), for its rows are kept. The terms proxies can decide are asked of them, so that nothing matching is
 * lost to the rate limit; the whole filter is applied here, to what arrived before it was typed too.
 * @param bodies whether bodies are captured, for which the tap is opened anew.
 */
export function useTap(resource: ResourceRef, filter: TapFilter, bodies: boolean): Tap {
  const client = useLiveClient();
  const key = keyOf(resource);
  const [store] = useState(() => createTapStore());
  const asked = formatFilter(filter.terms.filter(isDecidedByProxy));
  const { hidden, missedMs } = useTabHidden();
  const [state, setState] = useState<Pick<Tap, 'status' | 'error' | 'notice'>>(STARTING);
  useEffect(() => {
    store.setFilter(filter);
  }, [store, filter]);
  useEffect(() => {
    if (client === null || hidden) return undefined;
    const params = { resource: key, filter: asked, ...(bodies && { bodies }) };
    return client.stream('tap', params).subscribe((event) => {
      switch (event.kind) {
        case 'snapshot':
          store.add(event.rows, 0);
          setState((before) => ({ ...before, status: 'running', error: null }));
          return;
        case 'rows':
          store.add(event.rows, event.dropped);
          setState((before) => (before.status === 'running' ? before : RUNNING));
          return;
        case 'notice':
          setState({ status: 'running', error: null, notice: event.notice });
          return;
        case 'lost':
          setState((before) => ({ ...before, status: 'lost' }));
          return;
        case 'error': {
          const error = new TulleError(event.error.code, event.error.message);
          setState({ status: 'refused', error, notice: null });
          return;
        }
      }
    });
  }, [client, store, key, asked, bodies, hidden]);
  const snapshot = useStoreSnapshot(store);
  return { store, snapshot, ...state, status: hidden ? 'hidden' : state.status, missedMs };
}

const STARTING = { status: 'starting', error: null, notice: null } as const;
const RUNNING = { status: 'running', error: null, notice: null } as const;

function useStoreSnapshot(store: TapStore): TapSnapshot {
  const calm = useMemo(() => calmed(store), [store]);
  return useSyncExternalStore(calm.subscribe, calm.get, calm.get);
}

/** The store, telling its changes at most every {@link DRAW_MS}. */
function calmed(store: TapStore) {
  let drawn = store.snapshot();
  const subscribe = (onChange: () => void): (() => void) => {
    // Rows that came between drawing and subscribing are looked for right after it.
    drawn = store.snapshot();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const draw = () => {
      timer = null;
      drawn = store.snapshot();
      onChange();
    };
    const stop = store.subscribe(() => {
      timer ??= setTimeout(draw, DRAW_MS);
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  };
  return { get: () => drawn, subscribe };
}

/** Whether the tab is hidden, and for how long it was, the last time. */
function useTabHidden(): { readonly hidden: boolean; readonly missedMs: number | null } {
  const [state, setState] = useState<{ hidden: boolean; missedMs: number | null }>({
    hidden: false,
    missedMs: null,
  });
  useEffect(() => {
    let hiddenAtMs: number | null = null;
    const look = () => {
      if (document.visibilityState === 'hidden') {
        hiddenAtMs = Date.now();
        setState((before) => ({ ...before, hidden: true }));
        return;
      }
      const missedMs = hiddenAtMs === null ? null : Date.now() - hiddenAtMs;
      setState({ hidden: false, missedMs });
    };
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
    };
  }, []);
  return state;
}
