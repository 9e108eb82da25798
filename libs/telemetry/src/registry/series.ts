/** The numbers behind one label set. The hot path holds these and nothing else. */

/** Never goes down. `counter.value++` is the whole cost. */
export class Counter {
  value = 0;
}

/** Goes both ways. */
export class Gauge {
  value = 0;
}

/** Counts per bucket; not cumulative until it is written. */
export class Histogram {
  /** Upper bounds, inclusive, ascending, without +Inf. */
  readonly bounds: readonly number[];
  /** One more than bounds: the last is what is above all of them. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** In the unit of the bounds. */
  observe(value: number): void {
    const bounds = this.bounds;
    let index = 0;
    // From the front: most requests are fast, and a short scan beats a binary search there.
    while (index < bounds.length && value > (bounds[index] as number)) index++;
    this.counts[index] = (this.counts[index] as number) + 1;
    this.sum += value;
  }

  get count(): number {
    let count = 0;
    for (const each of this.counts) count += each;
    return count;
  }
}
