'use client';
import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';
import type { ReactNode } from 'react';
import { LIVE_PATH } from '@tulle/live';
import { createLiveClient } from '@tulle/live/client';
import type { ConnectionState, LiveClient } from '@tulle/live/client';

const LiveContext = createContext<LiveClient | null>(null);

const NOT_YET: ConnectionState = { kind: 'connecting', sinceMs: 0, attempt: 0 };

export interface LiveProviderProps {
  /** Tests and stories give their own; otherwise one connection to the page's own origin. */
  client?: LiveClient;
  children: ReactNode;
}

/** Holds the page's one connection to the controller. It is opened in the browser and closed with the page. */
export function LiveProvider({ client: given, children }: LiveProviderProps) {
  const own = useSyncExternalStore(
    given === undefined ? openClient : noSubscription,
    () => ownClient,
    () => null,
  );
  return <LiveContext value={given ?? own}>{children}</LiveContext>;
}

let ownClient: LiveClient | null = null;

/** Opens the connection for as long as the provider stands; React asks for {@link ownClient} right after. */
function openClient(): () => void {
  const client = createLiveClient({ url: liveUrl });
  ownClient = client;
  const stopWaking = retryWhenShown(client);
  return () => {
    stopWaking();
    client.close();
    if (ownClient === client) ownClient = null;
  };
}

function noSubscription(): () => void {
  return noop;
}

/** The connection; null until the page runs in a browser. */
export function useLiveClient(): LiveClient | null {
  return useContext(LiveContext);
}

/** How the page is connected, drawn anew at every change. */
export function useConnection(): ConnectionState {
  const client = useLiveClient();
  const subscribe = useCallback(
    (onChange: () => void) => client?.onConnection(onChange) ?? noop,
    [client],
  );
  return useSyncExternalStore(
    subscribe,
    () => client?.connection() ?? NOT_YET,
    () => NOT_YET,
  );
}

function liveUrl(): string {
  const { protocol, host } = window.location;
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${LIVE_PATH}`;
}

/** A laptop that wakes, or a tab that comes to the front, should not wait for the next attempt. */
function retryWhenShown(client: LiveClient): () => void {
  const retry = () => {
    if (document.visibilityState === 'visible') client.retryNow();
  };
  window.addEventListener('online', retry);
  document.addEventListener('visibilitychange', retry);
  return () => {
    window.removeEventListener('online', retry);
    document.removeEventListener('visibilitychange', retry);
  };
}

function noop(): void {
  // Nothing to stop before there is a client.
}
