import type { ErrorBody } from '@tulle/model';
import { applyPatch } from '../patch/merge-patch.ts';
import type { Topic } from '../protocol.ts';
import type { Subscription, SubscriptionMessage } from './subscription.ts';

/**
 * What a viewer knows of a state topic. `data` is replaced, never changed in place, and unchanged parts keep their
 * identity. `stale`: the connection is lost and `data` is the last that came.
 */
export type StateSnapshot<Data> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'data'; readonly data: Data; readonly stale: boolean }
  /** Refused, or gone. `last`: what was shown before, null when there was nothing. Asked again by itself. */
  | { readonly kind: 'error'; readonly error: ErrorBody; readonly last: Data | null };

export interface StateFeed<Data> extends Subscription {
  readonly snapshot: StateSnapshot<Data>;
  readonly listeners: Set<(snapshot: StateSnapshot<Data>) => void>;
}

/** Applies snapshots and patches and tells the listeners. */
export function createStateFeed<Data>(
  id: number,
  topic: Topic,
  params: unknown,
  onRefused: (error: ErrorBody) => void,
): StateFeed<Data> {
  const listeners = new Set<(snapshot: StateSnapshot<Data>) => void>();
  let snapshot: StateSnapshot<Data> = { kind: 'loading' };

  function set(next: StateSnapshot<Data>): void {
    snapshot = next;
    for (const listener of listeners) listener(next);
  }

  function last(): Data | null {
    if (snapshot.kind === 'loading') return null;
    return snapshot.kind === 'data' ? snapshot.data : snapshot.last;
  }

  const feed: StateFeed<Data> = {
    id,
    topic,
    params,
    resume: null,
    listeners,
    get snapshot() {
      return snapshot;
    },
    receive(message: SubscriptionMessage, epoch: string): void {
      switch (message.type) {
        case 'snapshot':
          feed.resume = { epoch, seq: message.seq };
          set({ kind: 'data', data: message.data as Data, stale: false });
          return;
        case 'patch': {
          const change = { patch: message.patch, nulls: message.nulls ?? [] };
          feed.resume = { epoch, seq: message.seq };
          set({ kind: 'data', data: applyPatch(last(), change) as Data, stale: false });
          return;
        }
        case 'error':
          feed.resume = null;
          set({ kind: 'error', error: message.error, last: last() });
          onRefused(message.error);
          return;
        case 'rows':
        case 'notice':
      }
    },
    lost(): void {
      if (snapshot.kind === 'data') set({ ...snapshot, stale: true });
    },
  };
  return feed;
}
