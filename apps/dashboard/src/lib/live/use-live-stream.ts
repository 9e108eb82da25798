'use client';
import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { TulleError } from '@tulle/model';
import type { ParamsOf, StreamNotice, StreamTopic, StreamTopics } from '@tulle/live';
import type { StreamEvent } from '@tulle/live/client';
import { useLiveClient } from './live-provider.tsx';
import { liveKey } from './use-live-state.ts';

/** What came of a stream so far. */
export interface LiveRows<Row> {
  /** Oldest first, at most `limit`. */
  readonly rows: readonly Row[];
  /** Rows lost on the way because a proxy, the controller or this page was too slow. */
  readonly dropped: number;
  readonly notice: StreamNotice | null;
  readonly error: TulleError | null;
  /** False until the first answer. */
  readonly started: boolean;
}

export interface LiveStreamOptions {
  /** Rows kept; the oldest go first. */
  readonly limit: number;
  /** False subscribes to nothing and keeps what came. Default true. */
  readonly enabled?: boolean;
}

const NOTHING: LiveRows<never> = {
  rows: [],
  dropped: 0,
  notice: null,
  error: null,
  started: false,
};

/**
 * Watches a stream topic while the component is shown and keeps its newest rows in the query cache. For a stream of
 * many rows a second (tap) subscribe to {@link useLiveClient} directly and keep a ring: this copies the rows each time.
 */
export function useLiveStream<T extends StreamTopic>(
  topic: T,
  params: ParamsOf<T>,
  { limit, enabled = true }: LiveStreamOptions,
): LiveRows<StreamTopics[T]['row']> {
  type Row = StreamTopics[T]['row'];
  const client = useLiveClient();
  const queryClient = useQueryClient();
  const paramsKey = JSON.stringify(params);
  useEffect(() => {
    if (client === null || !enabled) return undefined;
    const asked = JSON.parse(paramsKey) as ParamsOf<T>;
    return client.stream(topic, asked).subscribe((event) => {
      queryClient.setQueryData<LiveRows<Row>>(liveKey(topic, asked), (before) =>
        withEvent<Row>(before ?? NOTHING, event, limit),
      );
    });
  }, [client, queryClient, topic, paramsKey, limit, enabled]);
  const { data } = useQuery<LiveRows<Row>>({
    queryKey: liveKey(topic, params),
    queryFn: skipToken,
    staleTime: Infinity,
    structuralSharing: false,
  });
  return data ?? NOTHING;
}

/** What is known after an event; the rows stay within `limit`. */
export function withEvent<Row>(
  before: LiveRows<Row>,
  event: StreamEvent<Row>,
  limit: number,
): LiveRows<Row> {
  switch (event.kind) {
    case 'snapshot':
      return { ...before, rows: event.rows.slice(-limit), error: null, started: true };
    case 'rows': {
      const rows = [...before.rows, ...event.rows].slice(-limit);
      return {
        ...before,
        rows,
        dropped: before.dropped + event.dropped,
        error: null,
        started: true,
      };
    }
    case 'notice':
      return { ...before, notice: event.notice };
    case 'error': {
      const { code, message, issues = [] } = event.error;
      return { ...before, error: new TulleError(code, message, { issues }), started: true };
    }
    case 'lost':
      return before;
  }
}
