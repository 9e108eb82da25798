/** How recent streams ended: frames that still come for them mean different things (RFC 9113 section 5.1, "closed"). */
export type ClosedHow = 'ended' | 'reset-by-us' | 'reset-by-peer';

/** Twice what a peer can have under way at once. A power of two. */
const REMEMBERED = 512;
const HOWS: readonly ClosedHow[] = ['ended', 'reset-by-us', 'reset-by-peer'];

/**
 * Remembers the last streams in a ring indexed by id, as the ids of one side are every second number. Takes memory only
 * once a stream has closed.
 */
export class ClosedStreams {
  #ids: Int32Array | null = null;
  #hows: Uint8Array | null = null;

  add(streamId: number, how: ClosedHow): void {
    this.#ids ??= new Int32Array(REMEMBERED);
    this.#hows ??= new Uint8Array(REMEMBERED);
    const slot = (streamId >>> 1) & (REMEMBERED - 1);
    this.#ids[slot] = streamId;
    this.#hows[slot] = HOWS.indexOf(how);
  }

  /** Undefined for a stream that was never open, or too long ago. */
  get(streamId: number): ClosedHow | undefined {
    const slot = (streamId >>> 1) & (REMEMBERED - 1);
    if (this.#ids === null || this.#hows === null || this.#ids[slot] !== streamId) return undefined;
    return HOWS[this.#hows[slot] as number];
  }
}
