import { COUNTER, Family, GAUGE, histogramKind } from './family.ts';
import type { Counter, Gauge, Histogram } from './series.ts';

export interface RegistryOptions {
  /** A series nobody holds is forgotten after this long without change. */
  readonly retainIdleMs: number;
  /** Label sets over all families; past it new ones are counted as dropped, not kept. */
  readonly maxSeries: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

type AnyFamily = Pick<Family<unknown>, 'name' | 'sweep' | 'write'>;

/** The counters a registry keeps about itself. */
const DROPPED = 'telemetry_series_dropped_total';

/**
 * All metrics of a process. Families are named once at start; label sets are resolved to handles when a connection or an
 * endpoint appears, so that counting is an addition to a number. Names are written as given: no `_total` is added.
 */
export class Registry {
  readonly #families = new Map<string, AnyFamily>();
  readonly #beforeScrape: (() => void)[] = [];
  readonly #options: RegistryOptions;
  readonly #dropped: Counter;
  #series = 0;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#dropped = this.counter(
      DROPPED,
      'Label sets that were not kept because the registry was full.',
    ).with({});
  }

  counter(name: string, help: string): Family<Counter> {
    return this.#add(new Family(name, help, COUNTER, this.#admit));
  }

  gauge(name: string, help: string): Family<Gauge> {
    return this.#add(new Family(name, help, GAUGE, this.#admit));
  }

  /** @param bounds Upper bounds, ascending, without +Inf, in the unit the name says. */
  histogram(name: string, help: string, bounds: readonly number[]): Family<Histogram> {
    return this.#add(new Family(name, help, histogramKind(bounds), this.#admit));
  }

  /** Called before each exposition, to set what is read rather than counted. */
  beforeScrape(update: () => void): void {
    this.#beforeScrape.push(update);
  }

  /** Forgets idle series. Called by {@link expose}; call it as well where nobody scrapes. */
  sweep(): void {
    const { now, retainIdleMs } = this.#options;
    const nowMs = now();
    for (const family of this.#families.values()) {
      this.#series -= family.sweep(nowMs, retainIdleMs);
    }
  }

  /** The Prometheus text exposition, ended by `# EOF` as Linkerd's proxy ends it. */
  expose(): string {
    for (const update of this.#beforeScrape) update();
    this.sweep();
    const lines: string[] = [];
    for (const family of this.#families.values()) family.write(lines);
    lines.push('# EOF', '');
    return lines.join('\n');
  }

  readonly #admit = (): boolean => {
    if (this.#series >= this.#options.maxSeries) {
      this.#dropped.value++;
      return false;
    }
    this.#series++;
    return true;
  };

  #add<T>(family: Family<T>): Family<T> {
    if (this.#families.has(family.name)) throw new Error(`metric ${family.name} is named twice`);
    this.#families.set(family.name, family);
    return family;
  }
}
