/** How recent streams ended: frames that still come for them mean different things (RFC 9113 section 5.1, "closed"). */
export type ClosedHow = 'ended' | 'reset-by-us' | 'reset-by-peer';

/** More than a peer can have under way at once several times over. */
const REMEMBERED = 1024;

export class ClosedStreams {
  readonly #how = new Map<number, ClosedHow>();

  add(streamId: number, how: ClosedHow): void {
    this.#how.set(streamId, how);
    if (this.#how.size <= REMEMBERED) return;
    for (const oldest of this.#how.keys()) {
      this.#how.delete(oldest);
      return;
    }
  }

  /** Undefined for a stream that was never open, or too long ago. */
  get(streamId: number): ClosedHow | undefined {
    return this.#how.get(streamId);
  }
}
