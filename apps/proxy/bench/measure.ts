/** HTTP/1 load on several programs in turn, and what their figures are worth beside each other. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from './load.ts';
import type { LoadResult } from './load.ts';
import { cpuTimeUs } from './machine.ts';
import type { Running } from './peers.ts';

export interface BenchOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Gets a line per result, for people. */
  readonly say: (line: string) => void;
}

/** What a benchmark gives: keys of the JSON object, null where a peer is missing. */
export type Figures = Readonly<Record<string, number | null>>;

export interface Sample extends LoadResult {
  /** Of all the program's processes together. */
  readonly cpuUsPerRequest: number;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Processor time so far of everything that forwards. */
export function cpuOf(program: Running): number {
  const pids = program.pids ?? [program.pid];
  return pids.reduce<number>((sum, pid) => sum + cpuTimeUs(pid), 0);
}

export async function measure(program: Running, dir: string, seconds: number): Promise<Sample> {
  const before = cpuOf(program);
  const result = await load(program.port, seconds, dir);
  const requests = Math.max(result.requestsPerSecond * seconds, 1);
  return { ...result, cpuUsPerRequest: (cpuOf(program) - before) / requests };
}

/** All programs once for warmth, then in turn, `rounds` times: what disturbs the machine disturbs all. */
export async function measureInTurn(
  programs: readonly Running[],
  dir: string,
  options: BenchOptions,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(programs.map(({ name }) => [name, []]));
  for (const program of programs) await measure(program, dir, 2);
  for (let round = 0; round < options.rounds; round += 1) {
    for (const program of programs) {
      samples.get(program.name)?.push(await measure(program, dir, options.seconds));
    }
  }
  for (const [name, list] of samples) options.say(row(name, list));
  return samples;
}

/** Median over the rounds of one's samples against another's in the same round; null without the other. */
export function ratio(
  samples: Map<string, Sample[]>,
  one: string,
  other: string,
  of: (one: Sample, other: Sample) => number,
): number | null {
  const others = samples.get(other);
  if (others === undefined) return null;
  const ratios = (samples.get(one) ?? []).flatMap((sample, i) => {
    const beside = others[i];
    return beside === undefined ? [] : [of(sample, beside)];
  });
  return Number(median(ratios).toFixed(3));
}

export const byRate = (ours: Sample, theirs: Sample): number =>
  ours.requestsPerSecond / theirs.requestsPerSecond;
/** What a request costs them in processor time, as a multiple of what it costs us: holds on a busy machine too. */
export const byCpu = (ours: Sample, theirs: Sample): number =>
  theirs.cpuUsPerRequest / ours.cpuUsPerRequest;
export const byP99 = (ours: Sample, theirs: Sample): number =>
  (ours.p99Ms ?? Number.NaN) / (theirs.p99Ms ?? Number.NaN);

function row(name: string, samples: readonly Sample[]): string {
  const field = (pick: (sample: Sample) => number | null): number =>
    median(samples.map((sample) => pick(sample) ?? Number.NaN));
  return [
    `  ${name.padEnd(12)}`,
    `${Math.round(field((s) => s.requestsPerSecond))} requests/s`.padStart(18),
    `${field((s) => s.cpuUsPerRequest).toFixed(1)} µs CPU/request`.padStart(22),
    `p50 ${field((s) => s.p50Ms).toFixed(2)} ms`.padStart(14),
    `p99 ${field((s) => s.p99Ms).toFixed(2)} ms`.padStart(14),
    `failed ${samples.reduce((sum, s) => sum + s.failed, 0)}`.padStart(10),
  ].join('  ');
}

/** Notes a program that is to be stopped at the end, and gives it back. */
export type Keep = (program: Running) => Running;

/** Runs with a folder of its own; what was kept is stopped and the folder removed, whatever happens. */
export async function withPrograms<T>(run: (keep: Keep, dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'tulle-bench-'));
  const started: Running[] = [];
  const keep: Keep = (program) => {
    started.push(program);
    return program;
  };
  try {
    return await run(keep, dir);
  } finally {
    await Promise.all(started.toReversed().map((program) => program.stop()));
    rmSync(dir, { recursive: true, force: true });
  }
}
