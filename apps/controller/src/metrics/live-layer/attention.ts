import { keyOf } from '@tulle/model';
import type { InstanceState, WorkloadRef } from '@tulle/model';

/** Who left comes back, or the next page shows the same: so long a workload is still attended. */
const LINGER_MS = 30_000;

/** What people look at now: single workloads, or everything. */
export class Attention {
  readonly #now: () => number;
  /** Lookers, or when the last one left. Insertion order is the order people came in. */
  readonly #attended = new Map<string, { lookers: number; leftAtMs: number }>();

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param workload null for everything */
  attend(workload: WorkloadRef | null): () => void {
    const key = workload === null ? '' : keyOf(workload);
    const entry = this.#attended.get(key) ?? { lookers: 0, leftAtMs: 0 };
    entry.lookers += 1;
    this.#attended.delete(key);
    this.#attended.set(key, entry);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      entry.lookers -= 1;
      entry.leftAtMs = this.#now();
    };
  }

  /**
   * The instances with a proxy that somebody looks at, at most `max`: all of them when everything is looked at and that
   * is no more; otherwise those of single workloads, the latest that people came to first.
   */
  chosen(instances: readonly InstanceState[], max: number): readonly InstanceState[] {
    this.#forget();
    if (this.#attended.size === 0) return [];
    const meshed = instances.filter(({ proxy }) => proxy !== null);
    if (this.#attended.has('') && meshed.length <= max) return meshed;
    const chosen: InstanceState[] = [];
    for (const key of [...this.#attended.keys()].toReversed()) {
      const own = meshed.filter(({ workload }) => keyOf(workload) === key);
      // Half of a workload's proxies would be half of its numbers.
      if (chosen.length + own.length <= max) chosen.push(...own);
    }
    return chosen;
  }

  #forget(): void {
    const nowMs = this.#now();
    for (const [key, { lookers, leftAtMs }] of this.#attended) {
      if (lookers === 0 && nowMs - leftAtMs > LINGER_MS) this.#attended.delete(key);
    }
  }
}
