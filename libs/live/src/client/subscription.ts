import type { ClientMessage, Resume, ServerMessage, Topic } from '../protocol.ts';

/** Messages that belong to one subscription. */
export type SubscriptionMessage = Exclude<ServerMessage, { type: 'hello' | 'pong' }>;

/** One thing the client is subscribed to on the wire; the client gives it its messages and asks it for its resume. */
export interface Subscription {
  readonly id: number;
  readonly topic: Topic;
  readonly params: unknown;
  /** What to resume from; null for a snapshot. */
  resume: Resume | null;
  receive(message: SubscriptionMessage, epoch: string): void;
  /** The connection was lost. */
  lost(): void;
}

export function subscribeMessage(subscription: Subscription): ClientMessage {
  const { id, topic, params, resume } = subscription;
  return { type: 'subscribe', id, topic, params, ...(resume === null ? {} : { resume }) };
}
