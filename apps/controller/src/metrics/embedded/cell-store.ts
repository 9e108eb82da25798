import { SecondRing } from './second-ring.ts';

/** Columns of an HTTP cell: answers by class, then Linkerd's 26 cumulative latency buckets. */
export const SUCCESS = 0;
export const FAILURE = 1;
export const FIRST_BUCKET = 2;
export const HTTP_WIDTH = FIRST_BUCKET + 26;
/** Columns of a TCP cell. */
export const READ_BYTES = 0;
export const WRITE_BYTES = 1;
const TCP_WIDTH = 2;
/** Columns of a failure cell: what the answers say, then what the proxy counted as its own errors. */
export const FAILED_APPLICATION = 0;
export const FAILED_TIMEOUT = 1;
export const FAILED_RESET = 2;
export const FAILED_OTHER = 3;
export const ERROR_TIMEOUT = 4;
export const ERROR_NO_ENDPOINT = 5;
export const ERROR_IO = 6;
export const ERROR_TLS = 7;
export const DENIED = 8;
const FAILURE_WIDTH = 9;

/** `chart` keeps 15 minutes for drawing; the others the window and a little more. */
export type CellKind = 'chart' | 'http' | 'tcp' | 'failure';

/** A cell's key: its kind, then what it is about, joined by `|`. */
export type CellKey = `${CellKind}|${string}`;

const CHART_SLOTS = 900;
/** About 0.1 MB each. */
const MAX_CHARTS = 400;
const MAX_OTHERS = 4000;
/** As the proxies forget series (LINKERD2_PROXY_METRICS_RETAIN_IDLE); a chart lives as long as it can be drawn. */
const IDLE_SECONDS = 600;

const WIDTHS: Readonly<Record<CellKind, number>> = {
  chart: HTTP_WIDTH,
  http: HTTP_WIDTH,
  tcp: TCP_WIDTH,
  failure: FAILURE_WIDTH,
};

/** All cells, bounded. What does not fit is counted in `refused`. */
export class CellStore {
  readonly #cells = new Map<CellKey, SecondRing>();
  readonly #windowSlots: number;
  #charts = 0;
  /** Additions lost because the store was full. */
  refused = 0;

  constructor(windowSeconds: number) {
    this.#windowSlots = windowSeconds + 8;
  }

  get size(): number {
    return this.#cells.size;
  }

  get(key: CellKey): SecondRing | undefined {
    return this.#cells.get(key);
  }

  entries(): IterableIterator<[CellKey, SecondRing]> {
    return this.#cells.entries();
  }

  /** The cell, made if there is room; null otherwise. @param sinceSecond when its first source was first measured. */
  cell(key: CellKey, second: number, sinceSecond: number): SecondRing | null {
    const found = this.#cells.get(key);
    if (found !== undefined) {
      if (sinceSecond < found.sinceSecond) found.sinceSecond = sinceSecond;
      return found;
    }
    const kind = key.slice(0, key.indexOf('|')) as CellKind;
    const others = this.#cells.size - this.#charts;
    if (kind === 'chart' ? this.#charts >= MAX_CHARTS : others >= MAX_OTHERS) {
      this.refused += 1;
      return null;
    }
    const slots = kind === 'chart' ? CHART_SLOTS : this.#windowSlots;
    const made = new SecondRing(slots, WIDTHS[kind], second);
    made.sinceSecond = sinceSecond;
    if (kind === 'chart') this.#charts += 1;
    this.#cells.set(key, made);
    return made;
  }

  /** Forgets cells that stood still. Call now and then. */
  evictIdle(second: number): void {
    for (const [key, ring] of this.#cells) {
      const isChart = key.startsWith('chart|');
      if (second - ring.lastActiveSecond <= (isChart ? CHART_SLOTS : IDLE_SECONDS)) continue;
      this.#cells.delete(key);
      if (isChart) this.#charts -= 1;
    }
  }
}
