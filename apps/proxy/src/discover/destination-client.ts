import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { Destination, type DestinationProfile, type Update } from '@tulle/proxy-api';
import type { Logger } from '@tulle/telemetry';
import type { SecureContext } from 'node:tls';
import type { DestinationConfig, StreamLimits } from '../config/proxy-config.ts';
import { backoffMs, LOOPBACK_BACKOFF, pause, REMOTE_BACKOFF } from '../control/backoff.ts';
import { createControlTransport } from '../control/control-transport.ts';
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
const FATAL: ReadonlySet<Code> = new Set([Code.InvalidArgument, Code.FailedPrecondition]);

interface Follow<T> {
  open(signal: AbortSignal): AsyncIterable<T>;
  message(message: T, isFirst: boolean): void;
  /** The question is wrong; it is not asked again. */
  refused(): void;
}

/** One HTTP/2 connection carries all streams. A stream that breaks is opened again with backoff, for ever. */
export function createDestinationClient(options: DestinationClientOptions): DestinationClient {
  const { config, log } = options;
  const client = createClient(
    Destination,
    createControlTransport({
      service: config.service,
      metrics: options.metrics,
      secureContext: options.secureContext,
    }),
  );
  const isRemote = config.service.name !== null;
  const limits = isRemote ? config.streams : NO_LIMITS;
  const backoff = isRemote ? REMOTE_BACKOFF : LOOPBACK_BACKOFF;
  const watches = new Set<AbortController>();

  const watch = <T>(path: string, follow: Follow<T>): (() => void) => {
    const stop = new AbortController();
    watches.add(stop);
    void run(path, follow, stop.signal);
    return () => {
      stop.abort();
      watches.delete(stop);
    };
  };

  const run = async <T>(path: string, follow: Follow<T>, signal: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      const stream = limitStream(signal, limits);
      let isFirst = true;
      try {
        for await (const message of follow.open(stream.signal)) {
          if (signal.aborted) return;
          stream.heard();
          if (failures > 0) log.info({ path }, 'the controller answers again');
          failures = 0;
          follow.message(message, isFirst);
          isFirst = false;
        }
      } catch (error) {
        if (signal.aborted) return;
        const { code, rawMessage } = ConnectError.from(error);
        if (FATAL.has(code)) {
          log.debug({ path, reason: rawMessage }, 'the controller does not know this destination');
          follow.refused();
          return;
        }
        const level = failures === 0 ? 'warn' : 'debug';
        log[level]({ path, reason: rawMessage }, 'lost the controller; last known state goes on');
      } finally {
        stream.end();
      }
      await pause(backoffMs(backoff, failures++, Math.random()), signal);
    }
  };

  return {
    watchProfile: (path, onProfile) =>
      watch(path, {
        open: (signal) => client.getProfile({ path, contextToken: config.context }, { signal }),
        message: (profile) => onProfile(profile),
        refused: () => onProfile(null),
      }),
    watchEndpoints: (path, onUpdate) =>
      watch(path, {
        open: (signal) => client.get({ path, contextToken: config.context }, { signal }),
        message: onUpdate,
        refused: () => onUpdate(null, true),
      }),
    close: () => {
      for (const stop of watches) stop.abort();
      watches.clear();
    },
  };
}

const NO_LIMITS: StreamLimits = { initialTimeoutMs: null, idleTimeoutMs: null, lifetimeMs: null };

/** Ends a stream whose first message is late, that is silent for long, or old; it is then opened again. */
function limitStream(outer: AbortSignal, limits: StreamLimits) {
  const stop = new AbortController();
  const expire = (): void => stop.abort();
  const after = (ms: number | null): NodeJS.Timeout | undefined =>
    ms === null ? undefined : setTimeout(expire, ms).unref();
  const lifetime = after(limits.lifetimeMs);
  let silence = after(limits.initialTimeoutMs);
  outer.addEventListener('abort', expire);
  return {
    signal: stop.signal,
    heard: () => {
      clearTimeout(silence);
      silence = after(limits.idleTimeoutMs);
    },
    end: () => {
      clearTimeout(silence);
      clearTimeout(lifetime);
      outer.removeEventListener('abort', expire);
    },
  };
}
