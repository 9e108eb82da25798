/** Something a scope holds on to: one series of a family. */
export interface Held {
  holders: number;
}

/**
 * Whoever counts, for as long as it counts: an endpoint, a connection's target. Series are kept while a scope holds them;
 * after that they fall away once they have been idle for the registry's retention. Close it exactly once.
 */
export class MetricScope {
  #held = new Set<Held>();

  hold(series: Held): void {
    if (this.#held.has(series)) return;
    this.#held.add(series);
    series.holders++;
  }

  close(): void {
    for (const series of this.#held) series.holders--;
    this.#held = new Set();
  }
}
