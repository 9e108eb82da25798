export type * from './metrics-source.ts';
export { createEmbeddedMetrics } from './embedded/embedded-metrics.ts';
export type { EmbeddedMetrics, EmbeddedMetricsOptions } from './embedded/embedded-metrics.ts';
