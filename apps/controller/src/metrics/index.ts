export type * from './metrics-source.ts';
export { createEmbeddedMetrics } from './embedded/embedded-metrics.ts';
export type { EmbeddedMetrics, EmbeddedMetricsOptions } from './embedded/embedded-metrics.ts';
export { createPrometheusMetrics } from './prometheus/prometheus-metrics.ts';
export type { PrometheusAccess } from './prometheus/prometheus-client.ts';
export { createLayeredMetrics } from './live-layer/layered-metrics.ts';
