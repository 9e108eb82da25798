/** Golden metrics of one thing over one window. A null rate or quantile means "no data", which is not 0. */
export interface GoldenMetrics {
  /** Answers classified a success in the window. */
  readonly successCount: number;
  /** Answers classified a failure in the window. */
  readonly failureCount: number;
  /** success / (success + failure), 0 to 1; null when nothing was answered. */
  readonly successRate: number | null;
  /** (success + failure) / window seconds. */
  readonly requestsPerSecond: number;
  /** Time to first byte of the answer's body. */
  readonly latencyP50Ms: number | null;
  readonly latencyP95Ms: number | null;
  readonly latencyP99Ms: number | null;
}

export interface TcpMetrics {
  readonly openConnections: number;
  readonly readBytesPerSecond: number;
  readonly writeBytesPerSecond: number;
}

/** How a thing is, for a person: decides colour, shape and order everywhere. */
export type Health = 'well' | 'degraded' | 'failing' | 'idle' | 'outside';

/** Linkerd's thresholds for the coloured dot, made slightly stricter where a fraction of a percent matters to nobody. */
const FAILING_BELOW = 0.9;
const DEGRADED_BELOW = 0.99;

/** Success below 90 % is failing, below 99 % degraded; nothing answered is idle; no proxy at all is outside. */
export function healthOf(
  meshedInstances: number,
  metrics: Pick<GoldenMetrics, 'successRate'> | null,
): Health {
  if (meshedInstances === 0) return 'outside';
  if (metrics === null || metrics.successRate === null) return 'idle';
  if (metrics.successRate < FAILING_BELOW) return 'failing';
  if (metrics.successRate < DEGRADED_BELOW) return 'degraded';
  return 'well';
}
