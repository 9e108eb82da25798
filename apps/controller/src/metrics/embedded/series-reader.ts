import { TulleError } from '@tulle/model';
import type { ResourceRef, SeriesPoint } from '@tulle/model';
import { goldenOf } from '../histogram.ts';
import { chartKey } from './cell-keys.ts';
import { FAILURE, FIRST_BUCKET, HTTP_WIDTH, SUCCESS } from './cell-store.ts';
import type { CellStore } from './cell-store.ts';
import type { History } from './history.ts';

const MAX_POINTS = 2000;
/** Seconds of which the memory may know each single one. */
const MEMORY_SECONDS = 900;
const TEN_SECOND_RANGE = 6 * 3600;
/**
 * A point speaks of at least this long before it: of one request in a step, a success rate is only ever 0 or 100 %.
 * Prometheus' `rate(…[30s])` does the same.
 */
const SMOOTH_SECONDS = 30;

interface Sources {
  readonly store: CellStore;
  readonly history: History;
  /** The newest second that is complete. */
  readonly second: number;
}

/**
 * Points of a resource over the last `rangeSeconds`, one per whole `stepSeconds` since the epoch. Seconds are taken from
 * memory where it measured them, else from the history. Each point is of its step, or of the 30 seconds before its end
 * where that is longer.
 * @throws TulleError `invalid_argument` for more than 2000 points or a step below a second.
 */
export function readSeries(
  sources: Sources,
  ref: ResourceRef,
  rangeSeconds: number,
  stepSeconds: number,
): readonly SeriesPoint[] {
  const { second } = sources;
  checkRange(rangeSeconds, stepSeconds);
  const last = Math.floor(second / stepSeconds);
  const asked = Math.floor(rangeSeconds / stepSeconds);
  const span = Math.max(1, Math.ceil(SMOOTH_SECONDS / stepSeconds));
  const count = asked + span - 1;
  const sums = Array.from({ length: count }, () => new Float64Array(HTTP_WIDTH));
  const measured = Array.from({ length: count }, () => 0);
  const first = last - count;
  const inMemory = Array.from({ length: count }, () => false);
  const ring = sources.store.get(chartKey(ref));
  for (let index = 0; index < count; index += 1) {
    const to = (first + index + 1) * stepSeconds;
    const into = sums[index];
    if (ring === undefined || into === undefined || second - to + stepSeconds > MEMORY_SECONDS) {
      continue;
    }
    measured[index] = ring.sum(to - stepSeconds, to, into);
    inMemory[index] = (measured[index] ?? 0) > 0;
  }
  const historyStep = rangeSeconds <= TEN_SECOND_RANGE ? 10 : 60;
  const from = first * stepSeconds;
  // A row of the history may be longer than a step: then each of its steps gets its share.
  const pieces = Math.max(1, Math.round(historyStep / stepSeconds));
  for (const row of sources.history.read(ref, historyStep, from, last * stepSeconds)) {
    for (let piece = 0; piece < pieces; piece += 1) {
      const index = Math.ceil((row.at - piece * stepSeconds) / stepSeconds) - first - 1;
      const into = sums[index];
      if (into === undefined || inMemory[index] === true) continue;
      measured[index] = (measured[index] ?? 0) + row.measured / pieces;
      row.sums.forEach((value, column) => (into[column] = (into[column] ?? 0) + value / pieces));
    }
  }
  return Array.from({ length: asked }, (_, point) => {
    const index = point + span - 1;
    const atMs = (first + index + 1) * stepSeconds * 1000;
    if ((measured[index] ?? 0) === 0) return pointOf(atMs, new Float64Array(HTTP_WIDTH), 0);
    const over = new Float64Array(HTTP_WIDTH);
    let seconds = 0;
    for (let step = point; step <= index; step += 1) {
      seconds += measured[step] ?? 0;
      sums[step]?.forEach((value, column) => (over[column] = (over[column] ?? 0) + value));
    }
    return pointOf(atMs, over, seconds);
  });
}

/** The sums of one step as a point; nulls when nothing of it was measured. */
function pointOf(atMs: number, sums: Float64Array, measuredSeconds: number): SeriesPoint {
  if (measuredSeconds === 0) {
    const none = { latencyP50Ms: null, latencyP95Ms: null, latencyP99Ms: null };
    return { atMs, successRate: null, requestsPerSecond: null, ...none };
  }
  const buckets = sums.subarray(FIRST_BUCKET);
  const golden = goldenOf(sums[SUCCESS] ?? 0, sums[FAILURE] ?? 0, buckets, measuredSeconds);
  return {
    atMs,
    successRate: golden.successRate,
    requestsPerSecond: golden.requestsPerSecond,
    latencyP50Ms: golden.latencyP50Ms,
    latencyP95Ms: golden.latencyP95Ms,
    latencyP99Ms: golden.latencyP99Ms,
  };
}

/** @throws TulleError `invalid_argument` for more than 2000 points or a step below a second. */
export function checkRange(rangeSeconds: number, stepSeconds: number): void {
  if (!Number.isInteger(stepSeconds) || stepSeconds < 1) {
    throw new TulleError('invalid_argument', 'A step is a whole number of seconds, at least 1.');
  }
  if (!Number.isInteger(rangeSeconds) || rangeSeconds < stepSeconds) {
    throw new TulleError('invalid_argument', 'The range is at least one step long.');
  }
  if (rangeSeconds / stepSeconds > MAX_POINTS) {
    throw new TulleError(
      'invalid_argument',
      `${rangeSeconds} s in steps of ${stepSeconds} s are more than ${MAX_POINTS} points.`,
    );
  }
}
