import { keyOf, TulleError } from '@tulle/model';
import type { InstanceState, PodRef } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';
import type { Freshness } from '../metrics-source.ts';
import type { CellStore } from './cell-store.ts';
import type { ScrapeClient } from './scrape-client.ts';
import { ScrapeTarget } from './target.ts';

/** Scrapes under way at once. */
const CONCURRENCY = 16;
/** A round's numbers are told after this share of the interval, even when a proxy has not answered yet. */
const TELL_AFTER = 0.6;
/** A proxy counts as answering when it did within this many intervals. */
const FRESH_INTERVALS = 3;

export interface ScraperOptions {
  /** Instances that exist now. */
  readonly instances: () => readonly InstanceState[];
  readonly store: CellStore;
  readonly client: ScrapeClient;
  readonly intervalMs: number;
  /** Milliseconds since the epoch; must never go back. */
  readonly now: () => number;
  readonly log: Logger;
  readonly onRound: () => void;
}

/** Counters since the start. */
export interface ScrapeCounts {
  ok: number;
  failed: number;
  /** Rounds a proxy was passed over because its last scrape was still under way. */
  skipped: number;
  malformedLines: number;
}

interface Followed {
  readonly address: string;
  readonly target: ScrapeTarget;
  inFlight: boolean;
  answeredAtMs: number;
  failing: boolean;
}

/** Scrapes the proxy of every meshed instance once an interval. */
export class Scraper {
  readonly counts: ScrapeCounts = { ok: 0, failed: 0, skipped: 0, malformedLines: 0 };
  readonly #options: ScraperOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #startedAtMs: number;
  readonly #timer: NodeJS.Timeout;
  #newestMs = 0;
  #closed = false;

  constructor(options: ScraperOptions) {
    this.#options = options;
    this.#startedAtMs = options.now();
    this.#timer = setInterval(() => void this.round(), options.intervalMs);
  }

  targets(): IterableIterator<{ readonly target: ScrapeTarget }> {
    return this.#followed.values();
  }

  target(pod: PodRef): ScrapeTarget | null {
    return this.#followed.get(keyOf(pod))?.target ?? null;
  }

  freshness(): Freshness {
    const oldest = this.#options.now() - FRESH_INTERVALS * this.#options.intervalMs - 500;
    const all = [...this.#followed.values()];
    return {
      atMs: this.#newestMs,
      proxiesAnswered: all.filter(({ answeredAtMs }) => answeredAtMs >= oldest).length,
      proxiesExpected: all.length,
    };
  }

  /** One round. Resolves when its numbers have been told. */
  async round(): Promise<void> {
    if (this.#closed) return;
    this.#follow();
    const waiting = [...this.#followed.values()].filter((followed) => {
      if (followed.inFlight) this.counts.skipped += 1;
      return !followed.inFlight;
    });
    const work = Array.from({ length: Math.min(CONCURRENCY, waiting.length) }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await this.#scrape(next);
      }
    });
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, this.#options.intervalMs * TELL_AFTER);
    await Promise.race([Promise.all(work), patience.promise]);
    clearTimeout(timer);
    if (!this.#closed) this.#options.onRound();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  /** Takes up instances that came, and drops those that went or moved. */
  #follow(): void {
    const present = new Set<string>();
    for (const { ref, workload, proxy } of this.#options.instances()) {
      if (proxy === null) continue;
      const key = keyOf(ref);
      present.add(key);
      if (this.#followed.get(key)?.address === proxy.adminAddress) continue;
      const target = new ScrapeTarget(
        { pod: ref, workload },
        this.#options.store,
        this.#startedAtMs,
      );
      this.#followed.set(key, {
        address: proxy.adminAddress,
        target,
        inFlight: false,
        answeredAtMs: 0,
        failing: false,
      });
    }
    for (const key of this.#followed.keys()) if (!present.has(key)) this.#followed.delete(key);
  }

  async #scrape(followed: Followed): Promise<void> {
    const { client, now, log } = this.#options;
    const pod = keyOf(followed.target.reporter.pod);
    followed.inFlight = true;
    try {
      const text = await client.fetch(followed.address);
      if (this.#closed) return;
      const atMs = Math.round(now());
      const { malformed } = followed.target.accept(text, atMs);
      followed.answeredAtMs = atMs;
      this.#newestMs = Math.max(this.#newestMs, atMs);
      this.counts.ok += 1;
      this.counts.malformedLines += malformed;
      if (followed.failing) log.info({ pod }, 'a proxy answers scrapes again');
      followed.failing = false;
    } catch (error) {
      this.counts.failed += 1;
      const { message } = TulleError.from(error);
      if (!followed.failing) log.warn({ pod, reason: message }, 'a proxy cannot be scraped');
      followed.failing = true;
    } finally {
      followed.inFlight = false;
    }
  }
}
