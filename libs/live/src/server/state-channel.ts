import { TulleError } from '@tulle/model';
import { diffValues } from '../patch/merge-patch.ts';
import type { Resume } from '../protocol.ts';
import type { Channel, ChannelCounts, Subscriber } from './channel.ts';
import type { StateSource } from './topic-source.ts';

/** Patches kept so that a viewer that was away for a moment need not take a whole snapshot. */
const PATCHES_KEPT = 64;

interface StateChannelOptions {
  readonly source: StateSource<unknown>;
  /** Sequence numbers start after it; the server gives each channel a range of its own. */
  readonly baseSeq: number;
  readonly counts: ChannelCounts;
  /** Called when the source failed and every subscriber was told. */
  readonly onFailed: () => void;
}

/** Compares the source's value with the last one once, and shares the patch's text among all subscribers. */
export function createStateChannel(options: StateChannelOptions): Channel {
  const { source, counts } = options;
  const subscribers = new Set<Subscriber>();
  /** Subscribers that missed a patch while congested and need a snapshot. */
  const owed = new Set<Subscriber>();
  /** Text of the patches that led to `seq`, the last one at the end. */
  const patches: string[] = [];
  let value = source.current();
  let seq = options.baseSeq;
  let closed = false;
  const stopListening = source.onChange(refresh);

  function refresh(): void {
    if (closed) return;
    let next: unknown;
    try {
      next = source.current();
    } catch (error) {
      failAll(TulleError.from(error));
      return;
    }
    const change = diffValues(value, next);
    if (change === null) return;
    value = next;
    seq += 1;
    const nulls = change.nulls.length === 0 ? '' : `,"nulls":${JSON.stringify(change.nulls)}`;
    const text = `"type":"patch","seq":${seq},"patch":${JSON.stringify(change.patch)}${nulls}`;
    patches.push(text);
    if (patches.length > PATCHES_KEPT) patches.shift();
    for (const subscriber of subscribers) offerPatch(subscriber, text);
  }

  function offerPatch(subscriber: Subscriber, text: string): void {
    if (owed.has(subscriber) || subscriber.congested()) {
      owed.add(subscriber);
      counts.patchesSkipped += 1;
      return;
    }
    counts.patches += 1;
    subscriber.send(text);
  }

  function sendSnapshot(subscriber: Subscriber): void {
    counts.snapshots += 1;
    subscriber.send(`"type":"snapshot","seq":${seq},"data":${JSON.stringify(value)}`);
  }

  function sendMissed(subscriber: Subscriber, missed: number): void {
    if (missed === 0) subscriber.send(`"type":"patch","seq":${seq},"patch":{}`);
    for (const text of patches.slice(patches.length - missed)) subscriber.send(text);
  }

  function failAll(error: TulleError): void {
    const told = [...subscribers];
    subscribers.clear();
    owed.clear();
    options.onFailed();
    for (const subscriber of told) subscriber.fail(error);
  }

  return {
    add(subscriber: Subscriber, resume: Resume | null): void {
      subscribers.add(subscriber);
      const missed = resume === null ? -1 : seq - resume.seq;
      if (missed >= 0 && missed <= patches.length) sendMissed(subscriber, missed);
      else sendSnapshot(subscriber);
    },
    remove(subscriber: Subscriber): void {
      subscribers.delete(subscriber);
      owed.delete(subscriber);
    },
    get subscribers(): number {
      return subscribers.size;
    },
    flush(): void {
      for (const subscriber of owed) {
        if (subscriber.congested()) continue;
        owed.delete(subscriber);
        sendSnapshot(subscriber);
      }
    },
    close(): void {
      if (closed) return;
      closed = true;
      stopListening();
      source.close?.();
    },
  };
}
