import { formatHostPort, toTcpAddress, type inbound, type outbound } from '@tulle/proxy-api';
import { inboundWire, outboundWire } from '@tulle/proxy-api/wire';
import type { Logger } from '@tulle/telemetry';
import type { SecureContext } from 'node:tls';
import type { PolicyConfig } from '../config/proxy-config.ts';
import { ControlChannel } from '../control/control-channel.ts';
import { StreamWatcher } from '../control/watch-stream.ts';
import { GrpcCode } from '../grpc/grpc-error.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import type { Address } from '../stack/connection.ts';

/** Policies from the controller, until the function given back is called. What was said last stays true meanwhile. */
export interface PolicyClient {
  /** @param onServer null: the controller has no policy for this port (now). */
  watchPort(port: number, onServer: (server: inbound.Server | null) => void): () => void;
  /** @param address an address, or a service's name and port. @param onPolicy null: the controller has no policy for this address (now). */
  watchAddress(
    address: Address,
    onPolicy: (policy: outbound.OutboundPolicy | null) => void,
  ): () => void;
  /** Ends all watches. */
  close(): void;
}

export interface PolicyClientOptions {
  readonly config: PolicyConfig;
  readonly metrics: ProxyMetrics;
  readonly secureContext: () => SecureContext;
  readonly log: Logger;
}

/** Statuses that mean: no policy. A controller may serve none at all. */
const REFUSALS: ReadonlySet<number> = new Set([
  GrpcCode.invalidArgument,
  GrpcCode.failedPrecondition,
  GrpcCode.notFound,
  GrpcCode.unimplemented,
]);

/** One HTTP/2 connection, opened when first needed, carries all streams. */
export function createPolicyClient(options: PolicyClientOptions): PolicyClient {
  const { config, log } = options;
  const channel = new ControlChannel({
    client: 'policy',
    service: config.service,
    metrics: options.metrics,
    secureContext: options.secureContext,
  });
  const { workload } = config;
  const watcher = new StreamWatcher({
    isRemote: config.service.name !== null,
    limits: config.streams,
    log,
    refusals: REFUSALS,
    askRefusedAgainMs: config.askRefusedAgainMs,
  });
  return {
    watchPort: (port, onServer) =>
      watcher.watch(`inbound port ${port}`, {
        open: (call) =>
          channel.stream(inboundWire.InboundServerPolicies_WatchPort, { workload, port }, call),
        message: onServer,
        refused: () => onServer(null),
      }),
    watchAddress: (address, onPolicy) => {
      const addr = toTcpAddress(address.host, address.port);
      const target =
        addr === null
          ? { case: 'authority' as const, value: formatHostPort(address.host, address.port) }
          : { case: 'addr' as const, value: addr };
      return watcher.watch(`outbound ${address.host}:${address.port}`, {
        open: (call) =>
          channel.stream(
            outboundWire.OutboundPolicies_Watch,
            { sourceWorkload: workload, target },
            call,
          ),
        message: onPolicy,
        refused: () => onPolicy(null),
      });
    },
    close: () => {
      watcher.close();
      channel.close();
    },
  };
}
