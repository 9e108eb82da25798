import type { NoEndpoint } from '../balance/balancer.ts';
import type { LiveEndpoint } from '../balance/live-endpoint.ts';

/** Gives endpoints for attempts. */
export interface Picker {
  /** Null when none is ready: then {@link wait}. */
  pick(): LiveEndpoint | null;
  /** Never rejects. */
  wait(): Promise<LiveEndpoint | NoEndpoint>;
  /** For another attempt after one failed; null where there is nowhere else. */
  pickAgain(): LiveEndpoint | null;
}

export interface Weighted<T> {
  readonly item: T;
  /** Above 0. */
  readonly weight: number;
}

/**
 * Tries items in the order in which a weighted draw without putting back gives them, until `attempt` gives something.
 * The first draw allocates nothing: it is nearly always the last.
 * @param random 0 up to 1.
 */
export function drawWeighted<T, R>(
  items: readonly Weighted<T>[],
  random: () => number,
  attempt: (item: T) => R | null,
): R | null {
  const first = drawOne(items, random());
  if (first === null) return null;
  const answer = attempt(first.item);
  if (answer !== null || items.length === 1) return answer;
  const others = items.filter((each) => each !== first);
  return drawWeighted(others, random, attempt);
}

/** @param random 0 up to 1. Null of no items. */
function drawOne<T>(items: readonly Weighted<T>[], random: number): Weighted<T> | null {
  let total = 0;
  for (const { weight } of items) total += weight;
  let at = random * total;
  for (const each of items) {
    at -= each.weight;
    if (at < 0) return each;
  }
  return items.at(-1) ?? null;
}

/** A share of requests for each; one that has no endpoint ready is left out (linkerd2-proxy `random_available`). */
export function randomAvailable(
  backends: readonly Weighted<Picker>[],
  random: () => number,
): Picker {
  const pick = (): LiveEndpoint | null => drawWeighted(backends, random, (each) => each.pick());
  return {
    pick,
    pickAgain: () => drawWeighted(backends, random, (each) => each.pickAgain()),
    wait: async () => {
      const chosen = drawOne(backends, random());
      if (chosen === null) return 'failfast';
      const answer = await chosen.item.wait();
      if (typeof answer !== 'string') return answer;
      // While we waited for one another may have become ready.
      return pick() ?? answer;
    },
  };
}
