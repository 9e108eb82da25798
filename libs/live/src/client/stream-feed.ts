import type { ErrorBody } from '@tulle/model';
import type { StreamNotice, Topic } from '../protocol.ts';
import type { Subscription, SubscriptionMessage } from './subscription.ts';

/** What a stream tells its listener, in order. */
export type StreamEvent<Row> =
  /** Rows that exist already, oldest first: they take the place of everything that came before. */
  | { readonly kind: 'snapshot'; readonly rows: readonly Row[] }
  /** `dropped`: rows lost before these because somebody was too slow. */
  | { readonly kind: 'rows'; readonly rows: readonly Row[]; readonly dropped: number }
  | { readonly kind: 'notice'; readonly notice: StreamNotice }
  /** Refused or ended. Asked again by itself, except for what cannot become right. */
  | { readonly kind: 'error'; readonly error: ErrorBody }
  /** The connection was lost; rows of the meantime are sent when it is back, as far as the controller has them. */
  | { readonly kind: 'lost' };

export function createStreamFeed<Row>(
  id: number,
  topic: Topic,
  params: unknown,
  listener: (event: StreamEvent<Row>) => void,
  onRefused: (error: ErrorBody) => void,
): Subscription {
  const feed: Subscription = {
    id,
    topic,
    params,
    resume: null,
    receive(message: SubscriptionMessage, epoch: string): void {
      switch (message.type) {
        case 'snapshot':
          feed.resume = { epoch, seq: message.seq };
          listener({ kind: 'snapshot', rows: message.data as readonly Row[] });
          return;
        case 'rows':
          feed.resume = { epoch, seq: message.seq };
          if (message.rows.length === 0 && message.dropped === 0) return;
          listener({ kind: 'rows', rows: message.rows as Row[], dropped: message.dropped });
          return;
        case 'notice':
          listener({ kind: 'notice', notice: message.notice });
          return;
        case 'error':
          feed.resume = null;
          listener({ kind: 'error', error: message.error });
          onRefused(message.error);
          return;
        case 'patch':
      }
    },
    lost(): void {
      listener({ kind: 'lost' });
    },
  };
  return feed;
}
