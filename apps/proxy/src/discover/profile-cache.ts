import { MetricScope, type Counter, type Logger } from '@tulle/telemetry';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import { compileRouteTable, type RouteTable } from '../route/route-table.ts';
import type { DestinationClient } from './destination-client.ts';

export interface ProfileCacheOptions {
  readonly client: DestinationClient;
  readonly metrics: ProxyMetrics;
  readonly log: Logger;
  /** The first request for a name waits this long for its profile. */
  readonly initialTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** Names watched at once. Clients choose the name they call us by, so there must be an end to it. */
export const MAX_PROFILES = 100;

interface Entry {
  table: RouteTable | null;
  readonly first: Promise<RouteTable>;
  scope: MetricScope;
  usedAtMs: number;
  readonly stop: () => void;
}

/** Route tables of the services this workload is called by, watched while in use. Inbound only. */
export class ProfileCache {
  readonly #entries = new Map<string, Entry>();
  readonly #options: ProfileCacheOptions;
  readonly #refused: Counter;
  readonly #sweeper: NodeJS.Timeout;

  constructor(options: ProfileCacheOptions) {
    this.#options = options;
    this.#refused = options.metrics.profilesRefused;
    const everyMs = Math.max(1000, options.idleTimeoutMs / 3);
    this.#sweeper = setInterval(() => this.sweep(), everyMs).unref();
  }

  /** @param destination `name:port`. Null when too many names are watched already. */
  get(destination: string): RouteTable | Promise<RouteTable> | null {
    let entry = this.#entries.get(destination);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_PROFILES) {
        this.#refused.value++;
        return null;
      }
      entry = this.#watch(destination);
      this.#entries.set(destination, entry);
    }
    entry.usedAtMs = this.#options.now();
    return entry.table ?? entry.first;
  }

  /** Forgets names nobody used for the idle timeout. */
  sweep(): void {
    const oldest = this.#options.now() - this.#options.idleTimeoutMs;
    for (const [destination, entry] of this.#entries) {
      if (entry.usedAtMs > oldest) continue;
      this.#entries.delete(destination);
      end(entry);
    }
  }

  close(): void {
    clearInterval(this.#sweeper);
    for (const entry of this.#entries.values()) end(entry);
    this.#entries.clear();
  }

  #watch(destination: string): Entry {
    const { client, metrics, log, initialTimeoutMs, now } = this.#options;
    const { promise, resolve } = Promise.withResolvers<RouteTable>();
    const scope = new MetricScope();
    const entry: Entry = {
      table: null,
      first: promise,
      scope,
      usedAtMs: now(),
      stop: () => {
        clearTimeout(timer);
        stopWatching();
      },
    };
    const apply = (profile: Parameters<typeof compileRouteTable>[0]): void => {
      clearTimeout(timer);
      const previous = entry.scope;
      entry.scope = new MetricScope();
      entry.table = compileRouteTable(profile, {
        direction: 'inbound',
        destination,
        metrics,
        scope: entry.scope,
        onFault: (fault) => log.warn({ service: destination, fault }, 'route left out'),
      });
      resolve(entry.table);
      previous.close();
    };
    // Without its profile a request is still counted under its service, with the default route.
    const timer = setTimeout(() => apply(null), initialTimeoutMs).unref();
    const stopWatching = client.watchProfile(destination, apply);
    return entry;
  }
}

function end(entry: Entry): void {
  entry.stop();
  entry.scope.close();
}
