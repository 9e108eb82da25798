import { isFailure } from '@tulle/model';
import type { TapExchange } from '@tulle/model';
import { peerName, shortPath } from './tap-row.ts';

/** Exchanges alike in method, path (without its query), source and destination. */
export interface TapGroup {
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly source: string;
  readonly destination: string;
  readonly count: number;
  readonly failed: number;
  readonly medianMs: number | null;
  readonly worstMs: number | null;
  readonly lastAtMs: number;
  /** One of them, for its filter. */
  readonly sample: TapExchange;
}

/** Groups, the most frequent first. */
export function groupRows(rows: readonly TapExchange[]): readonly TapGroup[] {
  const members = new Map<string, TapExchange[]>();
  for (const row of rows) {
    const key = [row.method, pathOf(row), peerName(row.source), peerName(row.destination)].join(
      ' ',
    );
    const group = members.get(key);
    if (group === undefined) members.set(key, [row]);
    else group.push(row);
  }
  return [...members]
    .flatMap(([key, group]) => toGroup(key, group))
    .sort((a, b) => b.count - a.count || a.key.localeCompare(b.key));
}

function toGroup(key: string, rows: readonly TapExchange[]): readonly TapGroup[] {
  const [sample] = rows;
  if (sample === undefined) return [];
  const latencies = rows
    .flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs]))
    .sort((a, b) => a - b);
  return [
    {
      key,
      method: sample.method,
      path: pathOf(sample),
      source: peerName(sample.source),
      destination: peerName(sample.destination),
      count: rows.length,
      failed: rows.filter(isFailure).length,
      medianMs: latencies[Math.floor((latencies.length - 1) / 2)] ?? null,
      worstMs: latencies.at(-1) ?? null,
      lastAtMs: rows.reduce((last, { atMs }) => Math.max(last, atMs), 0),
      sample,
    },
  ];
}

function pathOf(row: TapExchange): string {
  return shortPath(row).split('?')[0] ?? '';
}
