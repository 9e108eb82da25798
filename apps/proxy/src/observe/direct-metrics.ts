import { MetricScope } from '@tulle/telemetry';
import type { DirectMetrics } from '../inbound/accept-direct.ts';
import { targetLabels } from './labels.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';

/** Counts connections to the proxy's own port. Clients choose the port they name, so nothing holds the series. */
export function directMetrics(metrics: ProxyMetrics): DirectMetrics {
  return {
    arrived({ port, name, session }, clientId) {
      const scope = new MetricScope();
      metrics.transportHeaders.with(
        {
          session_protocol: session === null ? '' : session.replace('http', 'http/'),
          target_port: String(port),
          target_name: name,
          client_id: clientId,
        },
        scope,
      ).value++;
      scope.close();
    },
    refused(original, error) {
      const labels = { error, ...targetLabels(original) };
      metrics.tcpErrors.inbound.with(labels).value++;
    },
  };
}
