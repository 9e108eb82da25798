import {
  DENIED,
  ERROR_IO,
  ERROR_NO_ENDPOINT,
  ERROR_TIMEOUT,
  ERROR_TLS,
  FAILED_APPLICATION,
  FAILED_OTHER,
  FAILED_RESET,
  FAILED_TIMEOUT,
} from './embedded/cell-store.ts';
import type { FailureCounts } from './metrics-source.ts';

/**
 * Failures by who refused. An answer that never came whole is told twice by a proxy: as a failed answer without a
 * status and as an error of its own. Each is counted once.
 * @param at what a workload's own proxies counted, by column of a failure cell
 * @param callersTimeouts timeouts of routes, which only the callers' proxies see
 */
export function failureCountsOf(
  at: (column: number) => number,
  callersTimeouts: number,
): FailureCounts {
  const noEndpoint = at(ERROR_NO_ENDPOINT);
  const ownTimeouts = Math.max(at(FAILED_TIMEOUT), at(ERROR_TIMEOUT));
  const unexplained = Math.max(0, at(FAILED_OTHER) - noEndpoint - at(ERROR_TIMEOUT));
  return {
    application: at(FAILED_APPLICATION),
    timeout: ownTimeouts + callersTimeouts,
    noEndpoint,
    policy: at(DENIED),
    tls: at(ERROR_TLS),
    reset: at(FAILED_RESET) + Math.max(unexplained, at(ERROR_IO)),
  };
}
