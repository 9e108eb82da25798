import type { Http2Stream } from './stream.ts';

/** A power of two: most connections have fewer streams under way. */
const FIRST_SLOTS = 16;

/**
 * The streams of one connection that are under way, by id. Not a `Map`: each time that one is full of what was deleted it
 * gets a new table, and the old one keeps a reference to the new and to the streams of that moment. Once the first has
 * outlived the young generation, every table behind it does, with all its streams: half of all that requests allocated
 * went to the old generation that way (bench/http2-notes.md).
 */
export class StreamTable {
  /** Heads of chains, linked by `Http2Stream.nextInTable`. */
  #slots: (Http2Stream | null)[] = emptySlots(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Http2Stream | undefined {
    let stream = this.#slots[this.#slotOf(id)] as Http2Stream | null;
    while (stream !== null && stream.id !== id) stream = stream.nextInTable;
    return stream ?? undefined;
  }

  /** The id must not be there. */
  add(stream: Http2Stream): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#link(stream);
    this.#size += 1;
  }

  /** @returns false when the stream was not there. */
  remove(stream: Http2Stream): boolean {
    const slot = this.#slotOf(stream.id);
    let before: Http2Stream | null = null;
    let found = this.#slots[slot] as Http2Stream | null;
    while (found !== null && found !== stream) {
      before = found;
      found = found.nextInTable;
    }
    if (found === null) return false;
    if (before === null) this.#slots[slot] = stream.nextInTable;
    else before.nextInTable = stream.nextInTable;
    // A dead stream must not keep a living one.
    stream.nextInTable = null;
    this.#size -= 1;
    return true;
  }

  /** Visits the streams of this moment, oldest first, but for those that are removed meanwhile. */
  forEach(visit: (stream: Http2Stream) => void): void {
    for (const stream of this.#all()) if (this.get(stream.id) === stream) visit(stream);
  }

  #all(): Http2Stream[] {
    const streams: Http2Stream[] = [];
    for (const head of this.#slots) {
      for (let stream = head; stream !== null; stream = stream.nextInTable) streams.push(stream);
    }
    return streams.sort((one, other) => one.id - other.id);
  }

  /** Ids of one side are every second number. */
  #slotOf(id: number): number {
    return (id >>> 1) & (this.#slots.length - 1);
  }

  #link(stream: Http2Stream): void {
    const slot = this.#slotOf(stream.id);
    stream.nextInTable = this.#slots[slot] as Http2Stream | null;
    this.#slots[slot] = stream;
  }

  #grow(): void {
    const streams = this.#all();
    this.#slots = emptySlots(this.#slots.length * 2);
    for (const stream of streams) this.#link(stream);
  }
}

function emptySlots(count: number): (Http2Stream | null)[] {
  return Array.from({ length: count }, () => null);
}
