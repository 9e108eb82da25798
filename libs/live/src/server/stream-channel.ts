import { TulleError } from '@tulle/model';
import type { Resume, StreamNotice } from '../protocol.ts';
import { noticeMembers } from './channel.ts';
import type { Channel, ChannelCounts, Subscriber } from './channel.ts';
import type { StreamSource } from './topic-source.ts';

/** Rows that wait for one slow viewer; older ones are dropped and counted. */
const ROWS_QUEUED = 2000;

interface StreamChannelOptions {
  readonly source: StreamSource<unknown>;
  readonly keepRows: number;
  /** Sequence numbers start after it; the server gives each channel a range of its own. */
  readonly baseSeq: number;
  readonly counts: ChannelCounts;
  /** Called when the stream ended and every subscriber was told. */
  readonly onFailed: () => void;
}

/** What one subscriber has not been sent yet. */
interface Pending {
  rows: string[];
  dropped: number;
}

/** Turns each row into text once; `flush` sends every subscriber its batch. */
export function createStreamChannel(options: StreamChannelOptions): Channel {
  const { source, keepRows, counts } = options;
  const pending = new Map<Subscriber, Pending>();
  /** Text of the newest rows; the last one has sequence number `seq`. */
  let kept = source
    .initial()
    .slice(-keepRows)
    .map((row) => JSON.stringify(row));
  let seq = options.baseSeq + kept.length;
  let notice: StreamNotice | null = null;
  const stop = source.start({ rows: accept, notice: tell, end });

  function accept(rows: readonly unknown[], dropped: number): void {
    const texts = rows.map((row) => JSON.stringify(row));
    seq += texts.length;
    kept.push(...texts);
    // Trimmed at twice the limit, so that not every batch moves the whole list.
    if (kept.length > 2 * keepRows) kept = kept.slice(-keepRows);
    for (const queue of pending.values()) {
      queue.rows.push(...texts);
      queue.dropped += dropped;
      const excess = queue.rows.length - ROWS_QUEUED;
      if (excess <= 0) continue;
      queue.rows.splice(0, excess);
      queue.dropped += excess;
      counts.rowsDropped += excess;
    }
  }

  function tell(next: StreamNotice): void {
    if (JSON.stringify(next) === JSON.stringify(notice)) return;
    notice = next;
    for (const subscriber of pending.keys()) subscriber.send(noticeMembers(next));
  }

  function end(reason: unknown): void {
    const told = [...pending.keys()];
    flush();
    pending.clear();
    options.onFailed();
    for (const subscriber of told) subscriber.fail(TulleError.from(reason));
  }

  function flush(): void {
    for (const [subscriber, queue] of pending) {
      if (queue.rows.length === 0 && queue.dropped === 0) continue;
      if (subscriber.congested()) continue;
      sendRows(subscriber, queue.rows, queue.dropped);
      queue.rows = [];
      queue.dropped = 0;
    }
  }

  function sendRows(subscriber: Subscriber, rows: readonly string[], dropped: number): void {
    counts.rows += rows.length;
    subscriber.send(`"type":"rows","seq":${seq},"dropped":${dropped},"rows":[${rows.join(',')}]`);
  }

  return {
    add(subscriber: Subscriber, resume: Resume | null): void {
      flush();
      pending.set(subscriber, { rows: [], dropped: 0 });
      const missed = resume === null ? -1 : seq - resume.seq;
      if (missed >= 0 && missed <= kept.length) {
        sendRows(subscriber, kept.slice(kept.length - missed), 0);
      } else {
        counts.snapshots += 1;
        const rows = kept.slice(-keepRows).join(',');
        subscriber.send(`"type":"snapshot","seq":${seq},"data":[${rows}]`);
      }
      if (notice !== null) subscriber.send(noticeMembers(notice));
    },
    remove(subscriber: Subscriber): void {
      pending.delete(subscriber);
    },
    get subscribers(): number {
      return pending.size;
    },
    flush,
    close(): void {
      stop();
    },
  };
}
