import type { TulleError } from '@tulle/model';
import type { Resume, StreamNotice } from '../protocol.ts';

/** One subscription of one connection, as a channel sees it. */
export interface Subscriber {
  /** Sends a message made of the subscription's id and these members, already JSON text: `"type":"patch","seq":1`. */
  send(members: string): void;
  /** True while the viewer takes its data too slowly to be sent more. */
  congested(): boolean;
  /** The subscription is over; the subscriber tells its viewer why. */
  fail(error: TulleError): void;
}

/** One topic with one set of params, opened once and shared by everybody who subscribed to it. */
export interface Channel {
  /** Sends a snapshot, or what was missed since `resume` where that is still known. */
  add(subscriber: Subscriber, resume: Resume | null): void;
  remove(subscriber: Subscriber): void;
  readonly subscribers: number;
  /** Sends what is due now: batches of rows, and snapshots owed to subscribers that were congested. */
  flush(): void;
  close(): void;
}

/** What channels count for the whole server. */
export interface ChannelCounts {
  patches: number;
  patchesSkipped: number;
  snapshots: number;
  rows: number;
  rowsDropped: number;
}

export function noticeMembers(notice: StreamNotice): string {
  return `"type":"notice","notice":${JSON.stringify(notice)}`;
}
