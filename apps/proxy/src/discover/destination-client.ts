import type { DestinationProfile, Update } from '@tulle/proxy-api';
import { destinationWire } from '@tulle/proxy-api/wire';
import type { Logger } from '@tulle/telemetry';
import type { SecureContext } from 'node:tls';
import type { DestinationConfig } from '../config/proxy-config.ts';
import { ControlChannel } from '../control/control-channel.ts';
import { StreamWatcher } from '../control/watch-stream.ts';
import { GrpcCode } from '../grpc/grpc-error.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';

/** Questions to the controller that go on until their function is called. What was said last stays true meanwhile. */
export interface DestinationClient {
  /** @param path `ip:port` or `name:port`. @param onProfile null: the controller will never know it. */
  watchProfile(path: string, onProfile: (profile: DestinationProfile | null) => void): () => void;
  /**
   * @param onUpdate `isFirst` is set on the first message of each subscription, which replaces all that was known. Null:
   * the controller will never know it.
   */
  watchEndpoints(
    path: string,
    onUpdate: (update: Update | null, isFirst: boolean) => void,
  ): () => void;
  /** Ends all watches. */
  close(): void;
}

export interface DestinationClientOptions {
  readonly config: DestinationConfig;
  readonly metrics: ProxyMetrics;
  readonly secureContext: () => SecureContext;
  readonly log: Logger;
}

/** Statuses that asking again will not change (linkerd2-proxy tonic-watch). */
const FATAL: ReadonlySet<number> = new Set([GrpcCode.invalidArgument, GrpcCode.failedPrecondition]);

/** One HTTP/2 connection carries all streams. */
export function createDestinationClient(options: DestinationClientOptions): DestinationClient {
  const { config, log } = options;
  const channel = new ControlChannel({
    client: 'destination',
    service: config.service,
    metrics: options.metrics,
    secureContext: options.secureContext,
  });
  const question = (path: string) => ({ path, contextToken: config.context });
  const watcher = new StreamWatcher({
    isRemote: config.service.name !== null,
    limits: config.streams,
    log,
    refusals: FATAL,
    askRefusedAgainMs: null,
  });
  return {
    watchProfile: (path, onProfile) =>
      watcher.watch<DestinationProfile>(path, {
        open: (call) =>
          channel.stream(destinationWire.Destination_GetProfile, question(path), call),
        message: (profile) => onProfile(profile),
        refused: () => onProfile(null),
      }),
    watchEndpoints: (path, onUpdate) =>
      watcher.watch<Update>(path, {
        open: (call) => channel.stream(destinationWire.Destination_Get, question(path), call),
        message: onUpdate,
        refused: () => onUpdate(null, true),
      }),
    close: () => {
      watcher.close();
      channel.close();
    },
  };
}
