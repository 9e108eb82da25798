/**
 * `npm run bench:proxy [-- --json] [-- --rounds=N] [-- --seconds=N]`: HTTP/1 one hop through the proxy and through its
 * peers, interleaved in one run on the same core. What counts are the ratios: figures move with the machine.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generator, load } from './load.ts';
import type { LoadResult } from './load.ts';
import { cpuTimeUs, unsharedMb } from './machine.ts';
import { haproxy, nginx, nodeHttp, startOrigin, tulle } from './peers.ts';
import type { Running } from './peers.ts';

interface Sample extends LoadResult {
  readonly cpuUsPerRequest: number;
}

const options = process.argv.slice(2);
const isJson = options.includes('--json');
const rounds = numberOption('rounds', 5);
const seconds = numberOption('seconds', 3);

function numberOption(name: string, fallback: number): number {
  const text = options.find((option) => option.startsWith(`--${name}=`))?.split('=')[1];
  const value = Number(text ?? fallback);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} takes a whole number above 0.`);
  process.exit(64);
}

function say(line: string): void {
  if (!isJson) console.log(line);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function measure(running: Running, dir: string, forSeconds: number): Promise<Sample> {
  const before = cpuTimeUs(running.pid);
  const result = await load(running.port, forSeconds, dir);
  const requests = Math.max(result.requestsPerSecond * forSeconds, 1);
  return { ...result, cpuUsPerRequest: (cpuTimeUs(running.pid) - before) / requests };
}

async function measureAll(
  proxies: readonly Running[],
  dir: string,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(proxies.map(({ name }) => [name, []]));
  for (const proxy of proxies) await measure(proxy, dir, 2);
  for (let round = 0; round < rounds; round += 1) {
    for (const proxy of proxies) {
      samples.get(proxy.name)?.push(await measure(proxy, dir, seconds));
    }
  }
  return samples;
}

/** Median over the rounds of ours against theirs in the same round, by `of`; null without them. */
function ratio(
  samples: Map<string, Sample[]>,
  peer: string,
  of: (ours: Sample, theirs: Sample) => number,
): number | null {
  const theirs = samples.get(peer);
  if (theirs === undefined) return null;
  const ratios = (samples.get('tulle') ?? []).flatMap((ours, i) => {
    const their = theirs[i];
    return their === undefined ? [] : [of(ours, their)];
  });
  return Number(median(ratios).toFixed(3));
}

const byRate = (ours: Sample, theirs: Sample): number =>
  ours.requestsPerSecond / theirs.requestsPerSecond;
/** What a request costs them in processor time, as a multiple of what it costs us: holds on a busy machine too. */
const byCpu = (ours: Sample, theirs: Sample): number =>
  theirs.cpuUsPerRequest / ours.cpuUsPerRequest;

function row(name: string, samples: readonly Sample[]): string {
  const field = (pick: (sample: Sample) => number | null): number =>
    median(samples.map((sample) => pick(sample) ?? Number.NaN));
  const cells = [
    name.padEnd(10),
    `${Math.round(field((s) => s.requestsPerSecond))} requests/s`.padStart(18),
    `${field((s) => s.cpuUsPerRequest).toFixed(1)} µs CPU/request`.padStart(22),
    `p50 ${field((s) => s.p50Ms).toFixed(2)} ms`.padStart(14),
    `p99 ${field((s) => s.p99Ms).toFixed(2)} ms`.padStart(14),
    `failed ${samples.reduce((sum, s) => sum + s.failed, 0)}`.padStart(10),
  ];
  return cells.join('  ');
}

async function main(): Promise<void> {
  build();
  const dir = mkdtempSync(join(tmpdir(), 'tulle-bench-'));
  const started: Running[] = [];
  try {
    const origin = await startOrigin(dir);
    started.push(origin);
    const proxies: Running[] = [];
    const missing: string[] = [];
    for (const peer of [tulle, haproxy, nginx, nodeHttp]) {
      const running = await peer.start(origin.port, dir);
      if (running === null) missing.push(peer.name);
      else proxies.push(running);
    }
    started.push(...proxies);
    say(`HTTP/1 one hop, 64 connections, varied requests; ${generator}, origin: ${origin.name}`);
    if (missing.length > 0) say(`Not installed, left out: ${missing.join(', ')}.`);
    const samples = await measureAll(proxies, dir);
    report(samples, proxies);
  } finally {
    await Promise.all(started.map((running) => running.stop()));
    rmSync(dir, { recursive: true, force: true });
  }
}

function report(samples: Map<string, Sample[]>, proxies: readonly Running[]): void {
  for (const [name, list] of samples) say(row(name, list));
  const pid = proxies.find(({ name }) => name === 'tulle')?.pid;
  const result = {
    h1_hop_vs_haproxy: ratio(samples, 'haproxy', byRate),
    h1_hop_vs_nginx: ratio(samples, 'nginx', byRate),
    h1_hop_vs_node_http: ratio(samples, 'node:http', byRate),
    h1_hop_cpu_vs_haproxy: ratio(samples, 'haproxy', byCpu),
    h1_hop_cpu_vs_nginx: ratio(samples, 'nginx', byCpu),
    h1_hop_cpu_vs_node_http: ratio(samples, 'node:http', byCpu),
    pss_anon_busy_mb: unsharedMb(pid),
  };
  if (isJson) console.log(JSON.stringify(result));
  else for (const [key, value] of Object.entries(result)) say(`${key}: ${value ?? 'n/a'}`);
}

/** Measures what is shipped, not what was built some time ago. */
function build(): void {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const args = ['../../scripts/bundle.mjs', 'src/main.ts', 'dist/main.cjs'];
  const { status } = spawnSync(process.execPath, args, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(70);
}

await main();
