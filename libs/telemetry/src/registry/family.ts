import type { Labels } from './labels.ts';
import { formatLabels } from './labels.ts';
import type { Held, MetricScope } from './scope.ts';
import { Counter, Gauge, Histogram } from './series.ts';

/** One label set of a family and what the registry must know to let it go. */
interface Series<T> extends Held {
  readonly labelText: string;
  readonly metric: T;
  /** What {@link Family.progress} said last, and when it changed. */
  lastProgress: number;
  changedAtMs: number;
}

/** Asked before a series is made; false when the registry is full. */
export type Admit = () => boolean;

interface Kind<T> {
  readonly type: 'counter' | 'gauge' | 'histogram';
  make(): T;
  /** A number that changes whenever the metric does. */
  progress(metric: T): number;
  /** A gauge that is not zero says something true even when nothing happens. */
  isAtRest(metric: T): boolean;
  write(lines: string[], name: string, labelText: string, metric: T): void;
}

/** A metric name with all its label sets. */
export class Family<T> {
  readonly name: string;
  readonly #help: string;
  readonly #kind: Kind<T>;
  readonly #admit: Admit;
  readonly #series = new Map<string, Series<T>>();
  /** Counts for the label sets the registry had no room for; never written. */
  readonly #overflow: T;

  constructor(name: string, help: string, kind: Kind<T>, admit: Admit) {
    this.name = name;
    this.#help = help;
    this.#kind = kind;
    this.#admit = admit;
    this.#overflow = kind.make();
  }

  /**
   * The metric of a label set, made on first use: resolve it once and keep it. It is kept while `scope` is open; without
   * a scope for good.
   */
  with(labels: Labels, scope?: MetricScope): T {
    const labelText = formatLabels(labels);
    let series = this.#series.get(labelText);
    if (series === undefined) {
      if (!this.#admit()) return this.#overflow;
      const metric = this.#kind.make();
      series = { labelText, metric, holders: 0, lastProgress: -1, changedAtMs: 0 };
      this.#series.set(labelText, series);
    }
    if (scope === undefined) series.holders++;
    else scope.hold(series);
    return series.metric;
  }

  get size(): number {
    return this.#series.size;
  }

  /** Forgets series nobody holds that have not changed for `retainIdleMs`. Gives how many. */
  sweep(nowMs: number, retainIdleMs: number): number {
    let dropped = 0;
    for (const [key, series] of this.#series) {
      const progress = this.#kind.progress(series.metric);
      if (progress !== series.lastProgress || series.holders > 0) {
        series.lastProgress = progress;
        series.changedAtMs = nowMs;
        continue;
      }
      const isIdle = nowMs - series.changedAtMs > retainIdleMs;
      if (!isIdle || !this.#kind.isAtRest(series.metric)) continue;
      this.#series.delete(key);
      dropped++;
    }
    return dropped;
  }

  write(lines: string[]): void {
    if (this.#series.size === 0) return;
    lines.push(`# HELP ${this.name} ${this.#help}`, `# TYPE ${this.name} ${this.#kind.type}`);
    for (const series of this.#series.values()) {
      this.#kind.write(lines, this.name, series.labelText, series.metric);
    }
  }
}

export const COUNTER: Kind<Counter> = {
  type: 'counter',
  make: () => new Counter(),
  progress: (counter) => counter.value,
  isAtRest: () => true,
  write: writeNumber,
};

export const GAUGE: Kind<Gauge> = {
  type: 'gauge',
  make: () => new Gauge(),
  progress: (gauge) => gauge.value,
  isAtRest: (gauge) => gauge.value === 0,
  write: writeNumber,
};

/** A kind of histogram with these upper bounds (ascending, without +Inf). */
export function histogramKind(bounds: readonly number[]): Kind<Histogram> {
  const tails = [...bounds.map(String), '+Inf'].map((bound) => `le="${bound}"} `);
  return {
    type: 'histogram',
    make: () => new Histogram(bounds),
    progress: (histogram) => histogram.count,
    isAtRest: () => true,
    write: (lines, name, labelText, histogram) => {
      const head = labelText === '' ? `${name}_bucket{` : `${name}_bucket{${labelText},`;
      const suffix = labelText === '' ? ' ' : `{${labelText}} `;
      let count = 0;
      for (let index = 0; index < tails.length; index++) {
        count += histogram.counts[index] as number;
        lines.push(head + (tails[index] as string) + count);
      }
      lines.push(`${name}_count${suffix}${count}`, `${name}_sum${suffix}${histogram.sum}`);
    },
  };
}

function writeNumber(
  lines: string[],
  name: string,
  labelText: string,
  metric: { readonly value: number },
): void {
  lines.push(
    labelText === '' ? `${name} ${metric.value}` : `${name}{${labelText}} ${metric.value}`,
  );
}
