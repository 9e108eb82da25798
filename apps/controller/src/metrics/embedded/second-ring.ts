/**
 * Sums per second of the last `slots` seconds, `width` numbers each, in two flat arrays. A second that was never
 * touched is unknown, which is not the same as zero.
 */
export class SecondRing {
  readonly slots: number;
  readonly width: number;
  /** Which second each slot holds; 0 for none. */
  readonly #stamps: Uint32Array;
  readonly #sums: Uint32Array;
  /** Newest second with a number that is not zero; idle rings are evicted by it. */
  lastActiveSecond: number;
  /** First second it can know anything about. */
  sinceSecond: number;

  constructor(slots: number, width: number, second: number) {
    this.slots = slots;
    this.width = width;
    this.#stamps = new Uint32Array(slots);
    this.#sums = new Uint32Array(slots * width);
    this.lastActiveSecond = second;
    this.sinceSecond = second;
  }

  /** Marks a second as measured. Seconds older than the ring are ignored. */
  touch(second: number): void {
    const slot = second % this.slots;
    const stamp = this.#stamps[slot] ?? 0;
    if (stamp >= second) return;
    this.#stamps[slot] = second;
    this.#sums.fill(0, slot * this.width, (slot + 1) * this.width);
  }

  /** Adds a count (a whole number above 0) to a column of a second. */
  add(second: number, column: number, count: number): void {
    this.touch(second);
    const slot = second % this.slots;
    if (this.#stamps[slot] !== second) return;
    const at = slot * this.width + column;
    this.#sums[at] = (this.#sums[at] ?? 0) + count;
    if (second > this.lastActiveSecond) this.lastActiveSecond = second;
  }

  /** Adds the seconds after `from` up to `to` onto `into` (of `width` numbers). Gives how many of them were measured. */
  sum(from: number, to: number, into: Float64Array): number {
    let measured = 0;
    for (let second = Math.max(from + 1, to - this.slots + 1); second <= to; second += 1) {
      const slot = second % this.slots;
      if (this.#stamps[slot] !== second) continue;
      measured += 1;
      const base = slot * this.width;
      for (let column = 0; column < this.width; column += 1) {
        into[column] = (into[column] ?? 0) + (this.#sums[base + column] ?? 0);
      }
    }
    return measured;
  }
}
