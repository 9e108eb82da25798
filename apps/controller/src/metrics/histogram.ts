import type { GoldenMetrics } from '@tulle/model';

/** Upper bounds of Linkerd's latency buckets in milliseconds (linkerd/metrics/src/latency.rs); the last is +Inf. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  1,
  2,
  3,
  4,
  5,
  10,
  20,
  30,
  40,
  50,
  100,
  200,
  300,
  400,
  500,
  1000,
  2000,
  3000,
  4000,
  5000,
  10_000,
  20_000,
  30_000,
  40_000,
  50_000,
  Number.POSITIVE_INFINITY,
];

const INDEX_OF = new Map(LATENCY_BOUNDS_MS.map((bound, index) => [bound, index]));

/** Index of the bucket that a `le` label names; -1 for a bound Linkerd does not have. */
export function bucketIndex(le: string): number {
  const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
  return INDEX_OF.get(bound) ?? -1;
}

/**
 * The quantile (0 to 1) of cumulative bucket counts, interpolated linearly within its bucket as Prometheus'
 * histogram_quantile does; the highest finite bound when it falls in the last bucket. Null without observations.
 */
export function quantile(q: number, cumulative: ArrayLike<number>): number | null {
  const last = LATENCY_BOUNDS_MS.length - 1;
  const total = cumulative[last] ?? 0;
  if (total <= 0) return null;
  const rank = q * total;
  let index = 0;
  while (index < last && (cumulative[index] ?? 0) < rank) index += 1;
  if (index === last) return LATENCY_BOUNDS_MS[last - 1] ?? null;
  const upper = LATENCY_BOUNDS_MS[index] ?? 0;
  const lower = index === 0 ? 0 : (LATENCY_BOUNDS_MS[index - 1] ?? 0);
  const below = index === 0 ? 0 : (cumulative[index - 1] ?? 0);
  const within = (cumulative[index] ?? 0) - below;
  return within <= 0 ? upper : lower + ((upper - lower) * (rank - below)) / within;
}

/** Golden metrics of counts over a window of `seconds` (above 0). */
export function goldenOf(
  success: number,
  failure: number,
  cumulative: ArrayLike<number>,
  seconds: number,
): GoldenMetrics {
  const answered = success + failure;
  return {
    successCount: success,
    failureCount: failure,
    successRate: answered === 0 ? null : success / answered,
    requestsPerSecond: round(answered / seconds),
    latencyP50Ms: roundOrNull(quantile(0.5, cumulative)),
    latencyP95Ms: roundOrNull(quantile(0.95, cumulative)),
    latencyP99Ms: roundOrNull(quantile(0.99, cumulative)),
  };
}

/** Numbers go to people: three decimals keep the messages short and steady. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function roundOrNull(value: number | null): number | null {
  return value === null ? null : round(value);
}
