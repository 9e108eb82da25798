import { createTextParser } from '@tulle/telemetry';
import type { ParsedSeries } from '@tulle/telemetry';
import type { ProxyFacts } from '../metrics-source.ts';
import type { CellKey, CellStore } from './cell-store.ts';
import { meaningOf } from './series-meaning.ts';
import type { Addition, ProxyFactName, Reporter, SeriesMeaning } from './series-meaning.ts';

/** A proxy with more series than this is not followed further than these. */
const MAX_SERIES = 20_000;
/** After a longer silence the increase is not put on the second it was seen in: nobody knows when it was. */
const LONGEST_GAP_SECONDS = 15;

interface Tracked {
  readonly meaning: SeriesMeaning;
  previous: number;
}

export interface TargetSummary {
  readonly samples: number;
  readonly malformed: number;
}

/**
 * One proxy that is scraped: turns its counters into increases. A counter that shrank, or a process that started anew,
 * counts from zero. What a proxy counted before this controller looked for the first time is a baseline, not traffic,
 * unless the proxy was started while the controller was already looking.
 */
export class ScrapeTarget {
  readonly reporter: Reporter;
  readonly #store: CellStore;
  readonly #watchingSinceMs: number;
  readonly #parser = createTextParser();
  #tracked = new Map<ParsedSeries, Tracked>();
  #gauges = new Map<CellKey, number>();
  #cells = new Set<CellKey>();
  #facts: Partial<Record<ProxyFactName, number>> = {};
  #firstSecond = 0;
  #lastSecond = 0;
  #firstResponseAtMs: number | null = null;
  /** Series left out because there were too many. */
  refused = 0;

  /** @param watchingSinceMs when this controller began to scrape, milliseconds since the epoch. */
  constructor(reporter: Reporter, store: CellStore, watchingSinceMs: number) {
    this.reporter = reporter;
    this.#store = store;
    this.#watchingSinceMs = watchingSinceMs;
  }

  get seriesCount(): number {
    return this.#parser.size;
  }

  /** Sums of its gauges at the newest scrape. */
  get gauges(): ReadonlyMap<CellKey, number> {
    return this.#gauges;
  }

  get facts(): ProxyFacts {
    return {
      startedAtMs: toMs(this.#facts.startedAt),
      certificateExpiresAtMs: toMs(this.#facts.certificateExpiresAt),
      certificateRefreshedAtMs: toMs(this.#facts.certificateRefreshedAt),
      firstResponseAtMs: this.#firstResponseAtMs,
    };
  }

  /** @param atMs when the answer came, milliseconds since the epoch. */
  accept(text: string, atMs: number): TargetSummary {
    const second = Math.floor(atMs / 1000);
    const startedBefore = this.#facts.startedAt;
    const samples: [series: ParsedSeries, value: number][] = [];
    const summary = this.#parser.parse(text, (series, value) => samples.push([series, value]));
    this.#readFacts(samples);
    const restarted = startedBefore !== undefined && this.#facts.startedAt !== startedBefore;
    if (restarted) this.#tracked = new Map();
    const countsNew = this.#lastSecond > 0 || this.#startedWhileWatched();
    const gap = this.#lastSecond > 0 && second - this.#lastSecond > LONGEST_GAP_SECONDS;
    if (this.#firstSecond === 0) this.#firstSecond = second;
    this.#gauges = new Map();
    for (const [series, value] of samples) {
      this.#apply(series, value, { second, atMs, countsNew: countsNew && !gap, gap });
    }
    const measuredFrom = gap || this.#lastSecond === 0 ? second : this.#lastSecond + 1;
    for (const key of this.#cells) this.#touch(key, Math.min(measuredFrom, second), second);
    this.#lastSecond = second;
    this.#forget();
    return { samples: summary.samples, malformed: summary.malformed };
  }

  #readFacts(samples: readonly [series: ParsedSeries, value: number][]): void {
    for (const [series, value] of samples) {
      const tracked = this.#track(series);
      if (tracked?.meaning.kind === 'fact') this.#facts[tracked.meaning.fact] = value;
    }
  }

  #startedWhileWatched(): boolean {
    const startedAtMs = toMs(this.#facts.startedAt);
    return startedAtMs !== null && startedAtMs >= this.#watchingSinceMs;
  }

  #track(series: ParsedSeries): Tracked | null {
    const known = this.#tracked.get(series);
    if (known !== undefined) return known;
    if (this.#tracked.size >= MAX_SERIES) {
      this.refused += 1;
      return null;
    }
    const made: Tracked = { meaning: meaningOf(series, this.reporter), previous: -1 };
    this.#tracked.set(series, made);
    return made;
  }

  #apply(
    series: ParsedSeries,
    value: number,
    scrape: { second: number; atMs: number; countsNew: boolean; gap: boolean },
  ): void {
    const tracked = this.#track(series);
    if (tracked === null || !Number.isFinite(value)) return;
    const { meaning } = tracked;
    if (meaning.kind === 'gauge') {
      for (const key of meaning.keys) {
        this.#gauges.set(key, (this.#gauges.get(key) ?? 0) + value);
        this.#cells.add(key);
      }
      return;
    }
    if (meaning.kind !== 'counter') return;
    const isNew = tracked.previous < 0;
    const from = isNew || value < tracked.previous ? 0 : tracked.previous;
    const counted = isNew ? scrape.countsNew : !scrape.gap;
    tracked.previous = value;
    if (meaning.answers && counted && value > from) this.#firstResponseAtMs ??= scrape.atMs;
    this.#add(meaning.additions, counted ? Math.round(value - from) : 0, scrape.second);
  }

  #add(additions: readonly Addition[], count: number, second: number): void {
    for (const { key, column } of additions) {
      this.#cells.add(key);
      if (count > 0) this.#store.cell(key, second, this.#firstSecond)?.add(second, column, count);
    }
  }

  /** A measured second without traffic is a zero, which is not the same as unknown. */
  #touch(key: CellKey, from: number, second: number): void {
    const ring = this.#store.cell(key, second, this.#firstSecond);
    if (ring === null) return;
    for (let measured = from; measured <= second; measured += 1) ring.touch(measured);
    if (key.startsWith('chart|')) ring.lastActiveSecond = second;
  }

  /** Series the proxy no longer names are dropped, and with them the cells only they kept. */
  #forget(): void {
    if (this.#tracked.size <= 2 * this.#parser.size) return;
    const newest = Math.max(...[...this.#tracked.keys()].map(({ lastSeen }) => lastSeen));
    for (const series of this.#tracked.keys()) {
      if (series.lastSeen < newest) this.#tracked.delete(series);
    }
    this.#cells = new Set([...this.#tracked.values()].flatMap(cellsOf));
  }
}

function cellsOf({ meaning }: Tracked): readonly CellKey[] {
  if (meaning.kind === 'gauge') return meaning.keys;
  return meaning.kind === 'counter' ? meaning.additions.map(({ key }) => key) : [];
}

function toMs(seconds: number | undefined): number | null {
  return seconds === undefined ? null : seconds * 1000;
}
