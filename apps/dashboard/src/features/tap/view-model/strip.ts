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
  /** Latency at the top edge. */
  readonly topMs: number;
}

export interface StripBox {
  readonly width: number;
  readonly height: number;
}

const PAD = 5;
const DIAMOND = 3.6;

/** Newest at the right edge; latency from bottom to top on a logarithmic scale, so that 1 ms and 1 s both show. */
export function stripModel(
  rows: readonly TapExchange[],
  nowMs: number,
  { width, height }: StripBox,
): StripModel {
  const recent = rows.filter(
    ({ atMs, latencyMs }) => latencyMs !== null && atMs > nowMs - STRIP_SPAN_MS,
  );
  const topMs = recent.reduce((top, { latencyMs }) => Math.max(top, latencyMs ?? 0), 10);
  const scale = (height - 2 * PAD) / Math.log1p(topMs * 10);
  let succeededPath = '';
  let failedPath = '';
  let failed = 0;
  for (const row of recent) {
    const x = (width * (1 - (nowMs - row.atMs) / STRIP_SPAN_MS)).toFixed(1);
    const y = height - PAD - Math.log1p((row.latencyMs ?? 0) * 10) * scale;
    if (isFailure(row)) {
      failed += 1;
      failedPath += `M${x} ${(y - DIAMOND).toFixed(1)}l${DIAMOND} ${DIAMOND}l-${DIAMOND} ${DIAMOND}l-${DIAMOND}-${DIAMOND}z`;
    } else succeededPath += `M${x} ${y.toFixed(1)}h0`;
  }
  return { succeededPath, failedPath, failed, succeeded: recent.length - failed, topMs };
}
