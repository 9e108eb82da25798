'use client';
import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { TulleError } from '@tulle/model';
import type { ParamsOf, StateTopic, StateTopics } from '@tulle/live';
import type { StateSnapshot } from '@tulle/live/client';
import { useConnection, useLiveClient } from './live-provider.tsx';

/** What a component knows of a live topic. */
export interface LiveResult<Data> {
  /** The newest, or the last before the connection was lost or the topic refused; undefined while nothing came. */
  readonly data: Data | undefined;
  /** True when `data` is not of now: draw it grey. */
  readonly stale: boolean;
  /** Why the topic was refused; null otherwise. A lost connection is no error: see {@link useConnection}. */
  readonly error: TulleError | null;
}

/** The query key of a live topic: what reads the same topic shares one cache entry and one subscription. */
export function liveKey(topic: string, params: unknown): readonly unknown[] {
  return ['live', topic, params];
}

/**
 * Watches a state topic while the component is shown. The data is kept in the query cache, so that going back to a
 * page shows its last numbers at once.
 */
export function useLiveState<T extends StateTopic>(
  topic: T,
  params: ParamsOf<T>,
): LiveResult<StateTopics[T]['data']> {
  type Data = StateTopics[T]['data'];
  const client = useLiveClient();
  const queryClient = useQueryClient();
  const connection = useConnection();
  const paramsKey = JSON.stringify(params);
  useEffect(() => {
    if (client === null) return undefined;
    const asked = JSON.parse(paramsKey) as ParamsOf<T>;
    const state = client.state(topic, asked);
    const keep = (snapshot: StateSnapshot<Data>) => {
      if (snapshot.kind !== 'loading') queryClient.setQueryData(liveKey(topic, asked), snapshot);
    };
    const stop = state.subscribe(keep);
    keep(state.get());
    return stop;
  }, [client, queryClient, topic, paramsKey]);
  const { data: snapshot } = useQuery<StateSnapshot<Data>>({
    queryKey: liveKey(topic, params),
    queryFn: skipToken,
    staleTime: Infinity,
    // The client already keeps the identity of what did not change.
    structuralSharing: false,
  });
  return resultOf(snapshot, connection.kind === 'live');
}

function resultOf<Data>(
  snapshot: StateSnapshot<Data> | undefined,
  live: boolean,
): LiveResult<Data> {
  if (snapshot === undefined || snapshot.kind === 'loading') {
    return { data: undefined, stale: !live, error: null };
  }
  if (snapshot.kind === 'data') {
    return { data: snapshot.data, stale: snapshot.stale || !live, error: null };
  }
  const { code, message, issues = [] } = snapshot.error;
  return {
    data: snapshot.last ?? undefined,
    stale: true,
    error: new TulleError(code, message, { issues }),
  };
}
