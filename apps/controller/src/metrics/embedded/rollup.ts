import { refOf } from '@tulle/model';
import type { ResourceRef, WorkloadRef } from '@tulle/model';
import { keyOf } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';
import type { Spark } from '../metrics-source.ts';
import { FAILURE, HTTP_WIDTH, SUCCESS } from './cell-store.ts';
import type { CellStore } from './cell-store.ts';
import type { History } from './history.ts';

const SPARK_STEP = 10;
const SPARK_POINTS = 60;
const PRUNE_SECONDS = 300;
const STEPS = [10, 60] as const;

interface SparkPoint {
  readonly at: number;
  readonly success: number | null;
  readonly requests: number;
}

/** Writes the seconds in memory to the history as steps of 10 s and 60 s, and keeps the newest 10 s steps for sparks. */
export class Rollup {
  readonly #store: CellStore;
  readonly #history: History;
  readonly #log: Logger;
  readonly #sparks = new Map<string, SparkPoint[]>();
  readonly #rolledTo = new Map<number, number>();
  #prunedAt = 0;
  #failing = false;

  constructor(store: CellStore, history: History, log: Logger) {
    this.#store = store;
    this.#history = history;
    this.#log = log;
  }

  /** Rolls up every step that has ended. Call about once a second. @param second newest complete second. */
  advance(second: number): void {
    for (const step of STEPS) {
      const at = Math.floor(second / step) * step;
      const before = this.#rolledTo.get(step);
      this.#rolledTo.set(step, at);
      if (before !== undefined && at > before) this.#roll(step, at);
    }
    if (second - this.#prunedAt < PRUNE_SECONDS) return;
    this.#prunedAt = second;
    this.#guard(() => this.#history.prune(second));
  }

  spark(workload: WorkloadRef): Spark {
    const key = keyOf(workload);
    const last = this.#rolledTo.get(SPARK_STEP) ?? 0;
    const points = this.#sparks.get(key) ?? this.#load(workload, last);
    const byTime = new Map(points.map((point) => [point.at, point]));
    const times = Array.from(
      { length: SPARK_POINTS },
      (_, index) => last - (SPARK_POINTS - 1 - index) * SPARK_STEP,
    );
    return {
      success: times.map((at) => byTime.get(at)?.success ?? null),
      requests: times.map((at) => byTime.get(at)?.requests ?? null),
    };
  }

  #roll(step: (typeof STEPS)[number], at: number): void {
    const rows: { key: string; at: number; measured: number; sums: Float64Array }[] = [];
    for (const [cellKey, ring] of this.#store.entries()) {
      if (!cellKey.startsWith('chart|')) continue;
      const key = cellKey.slice('chart|'.length);
      // Instances come and go; their past is only worth memory.
      if (refOf(key).kind === 'pod') continue;
      const sums = new Float64Array(HTTP_WIDTH);
      const measured = ring.sum(at - step, at, sums);
      if (measured > 0) rows.push({ key, at, measured, sums });
    }
    if (step === SPARK_STEP) for (const row of rows) this.#keep(row.key, pointOf(row));
    this.#guard(() => this.#history.write(step, at, rows));
  }

  #keep(key: string, point: SparkPoint): void {
    const points = this.#sparks.get(key);
    if (points === undefined) return;
    points.push(point);
    if (points.length > SPARK_POINTS) points.shift();
  }

  #load(ref: ResourceRef, last: number): SparkPoint[] {
    const from = last - SPARK_POINTS * SPARK_STEP;
    let points: SparkPoint[] = [];
    this.#guard(() => {
      points = this.#history.read(ref, SPARK_STEP, from, last).map(pointOf);
    });
    // Bounded by forgetting all: they are read again from the history when asked for.
    if (this.#sparks.size > 1000) this.#sparks.clear();
    this.#sparks.set(keyOf(ref), points);
    return points;
  }

  /** A full disk must not stop the numbers of now. Said once, and once when it works again. */
  #guard(write: () => void): void {
    try {
      write();
      if (this.#failing) this.#log.info('the metrics history works again');
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#log.error({ error }, 'the metrics history cannot be used');
      this.#failing = true;
    }
  }
}

function pointOf(row: { at: number; measured: number; sums: Float64Array }): SparkPoint {
  const success = row.sums[SUCCESS] ?? 0;
  const answered = success + (row.sums[FAILURE] ?? 0);
  return {
    at: row.at,
    success: answered === 0 ? null : Math.round((success / answered) * 1e4) / 1e4,
    requests: Math.round((answered / Math.max(1, row.measured)) * 100) / 100,
  };
}
