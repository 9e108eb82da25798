export { Family } from './registry/family.ts';
export type { Labels } from './registry/labels.ts';
export { formatLabels } from './registry/labels.ts';
export { Registry, type RegistryOptions } from './registry/registry.ts';
export { MetricScope } from './registry/scope.ts';
export { Counter, Gauge, Histogram } from './registry/series.ts';
export {
  createLogger,
  setLogLevel,
  type Logger,
  type LoggerOptions,
  type LogFormat,
} from './log/create-logger.ts';
export { LOG_LEVELS, parseLogFilter, type LogLevel } from './log/log-level.ts';
export {
  createTextParser,
  type ParsedSeries,
  type ParseSummary,
  type TextParser,
} from './parse/parse-text.ts';
