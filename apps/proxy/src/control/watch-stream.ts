import type { Logger } from '@tulle/telemetry';
import type { Backoff, StreamLimits } from '../config/proxy-config.ts';
import { GrpcError } from '../grpc/grpc-error.ts';
import type { StreamCall } from '../grpc/grpc-channel.ts';
import { backoffMs, LOOPBACK_BACKOFF, pause, REMOTE_BACKOFF } from './backoff.ts';

/** One question to the control plane whose answers keep coming. */
export interface Follow<T> {
  /** Resolves or rejects when the stream has ended. */
  open(call: StreamCall<T>): Promise<void>;
  /** `isFirst` is set on the first message of each subscription, which replaces all that was known. */
  message(message: T, isFirst: boolean): void;
  /** There is no answer to this question; see {@link StreamWatcherOptions.refusals}. */
  refused(): void;
}

export interface StreamWatcherOptions {
  /** Not on loopback: longer pauses, and streams have limits. */
  readonly isRemote: boolean;
  readonly limits: StreamLimits;
  readonly log: Logger;
  /** Statuses that asking again soon will not change. */
  readonly refusals: ReadonlySet<number>;
  /** A refused question is asked again after this long; null: never. */
  readonly askRefusedAgainMs: number | null;
}

const NO_LIMITS: StreamLimits = { initialTimeoutMs: null, idleTimeoutMs: null, lifetimeMs: null };

/** Keeps streams open: one that breaks is opened again with backoff, for ever (linkerd2-proxy tonic-watch). */
export class StreamWatcher {
  readonly #options: StreamWatcherOptions;
  readonly #limits: StreamLimits;
  readonly #backoff: Backoff;
  readonly #watches = new Set<AbortController>();

  constructor(options: StreamWatcherOptions) {
    this.#options = options;
    this.#limits = options.isRemote ? options.limits : NO_LIMITS;
    this.#backoff = options.isRemote ? REMOTE_BACKOFF : LOOPBACK_BACKOFF;
  }

  /** @param path for the log. Gives what to call to end it; what was said last stays true meanwhile. */
  watch<T>(path: string, follow: Follow<T>): () => void {
    const stop = new AbortController();
    this.#watches.add(stop);
    void this.#run(path, follow, stop.signal);
    return () => {
      stop.abort();
      this.#watches.delete(stop);
    };
  }

  /** Ends all watches. */
  close(): void {
    for (const stop of this.#watches) stop.abort();
    this.#watches.clear();
  }

  async #run<T>(path: string, follow: Follow<T>, signal: AbortSignal): Promise<void> {
    const { log, refusals, askRefusedAgainMs } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      let isRefused = false;
      const stream = limitStream(signal, this.#limits);
      let isFirst = true;
      try {
        await follow.open({
          signal: stream.signal,
          onMessage: (message) => {
            if (signal.aborted) return;
            stream.heard();
            if (failures > 0) log.info({ path }, 'the controller answers again');
            failures = 0;
            follow.message(message, isFirst);
            isFirst = false;
          },
        });
      } catch (error) {
        if (signal.aborted) return;
        const { code, message: reason } = GrpcError.from(error);
        isRefused = refusals.has(code);
        if (isRefused) {
          log.debug({ path, reason }, 'the controller has no answer to this');
          follow.refused();
          if (askRefusedAgainMs === null) return;
        } else {
          const level = failures === 0 ? 'warn' : 'debug';
          log[level]({ path, reason }, 'lost the controller; last known state goes on');
        }
      } finally {
        stream.end();
      }
      const delayMs =
        isRefused && askRefusedAgainMs !== null
          ? askRefusedAgainMs
          : backoffMs(this.#backoff, failures++, Math.random());
      await pause(delayMs, signal);
    }
  }
}

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
