/** Upper bounds of latency histograms in milliseconds (linkerd2-proxy, metrics/src/latency.rs). */
export const LATENCY_BUCKETS_MS: readonly number[] = [1, 10, 100, 1_000, 10_000].flatMap((scale) =>
  [1, 2, 3, 4, 5].map((step) => step * scale),
);
