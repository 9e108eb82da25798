import { isFailure } from '@tulle/model';
import type { TapExchange } from '@tulle/model';

export const STRIP_SPAN_MS = 60_000;

/** The last minute as two SVG paths, so that thousands of points are two elements. */
export interface StripModel {
  /** Points of what succeeded: zero-length lines, drawn by their round caps. */
  readonly succeededPath: string;
  /** Diamonds of what failed. */
  readonly failedPath: string;
  readonly succeeded: number;
  readonly failed: number;
  /** Latency at the bottom and at the top edge. */
  readonly bottomMs: number;
  readonly topMs: number;
}

export interface StripBox {
  readonly width: number;
  readonly height: number;
}

const PAD = 5;
const DIAMOND = 3.6;
/** Below it nobody tells latencies apart. */
const LEAST_MS = 0.05;
/** The top edge of a quiet minute. */
const LEAST_TOP_MS = 1;

/** Newest at the right edge; latency upwards on a logarithmic scale, so that 1 ms and 1 s both show. */
export function stripModel(
  rows: readonly TapExchange[],
  nowMs: number,
  { width, height }: StripBox,
): StripModel {
  const recent = rows.filter(
    ({ atMs, latencyMs }) => latencyMs !== null && atMs > nowMs - STRIP_SPAN_MS,
  );
  const topMs = recent.reduce((top, { latencyMs }) => Math.max(top, latencyMs ?? 0), LEAST_TOP_MS);
  const lowest = recent.reduce(
    (least, { latencyMs }) => Math.min(least, latencyMs ?? topMs),
    topMs,
  );
  const bottomMs = Math.max(LEAST_MS, Math.min(lowest, topMs / 10));
  const scale = (height - 2 * PAD) / Math.log(topMs / bottomMs);
  let succeededPath = '';
  let failedPath = '';
  let failed = 0;
  for (const row of recent) {
    const x = (width * (1 - (nowMs - row.atMs) / STRIP_SPAN_MS)).toFixed(1);
    const aboveBottom = Math.log(Math.max(bottomMs, row.latencyMs ?? 0) / bottomMs);
    const y = height - PAD - aboveBottom * scale;
    if (isFailure(row)) {
      failed += 1;
      failedPath += `M${x} ${(y - DIAMOND).toFixed(1)}l${DIAMOND} ${DIAMOND}l-${DIAMOND} ${DIAMOND}l-${DIAMOND}-${DIAMOND}z`;
    } else succeededPath += `M${x} ${y.toFixed(1)}h0`;
  }
  const succeeded = recent.length - failed;
  return { succeededPath, failedPath, failed, succeeded, bottomMs, topMs };
}
