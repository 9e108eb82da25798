/**
 * `node apps/proxy/bench/http2.ts [--seconds=N] [--rounds=N] [--shape=64x1] [--programs=tulle,haproxy] [--profile=DIR]
 * [--beside=CHECKOUT,…]`: HTTP/2 one hop through the shipped proxy (outbound, discovery, balancing, counters and tap on),
 * beside HAProxy where installed and a node:http2 proxy, in turn on one core. No request is like another. `--profile`
 * leaves a CPU profile of ours; `--beside` measures the built proxies of other checkouts as well.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/testing/proxy-process.ts';
import type { Http2LoadResult } from './http2-load.ts';
import { LOAD_CORE, PROXY_CORE, cpuTimeUs, pinned, programPath, start } from './machine.ts';
import { wordOption } from './options.ts';
import { startTulle, running, type Running } from './peers.ts';

/** Connections, and streams on each. */
type Shape = readonly [connections: number, streams: number];
const SHAPES: readonly Shape[] = [
  [16, 10],
  [64, 1],
];

export interface Http2HopOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Gets a line per row. */
  readonly say: (line: string) => void;
  /** Folder for a CPU profile of our proxy. */
  readonly profileDir?: string;
  /** Names of the programs to measure; all by default. */
  readonly programs?: readonly string[];
  readonly shapes?: readonly Shape[];
  /** Other checkouts, built, to measure as well. */
  readonly beside?: readonly string[];
}

/** Keys of issue 4's table. Null where HAProxy is missing. */
export interface Http2HopResult {
  /** Our processor time per request as a multiple of HAProxy's, in the shape that is worse for us: at most 1.4 is wanted. */
  readonly h2_hop_cpu_vs_haproxy: number | null;
  /** Our requests per second as a multiple of a node:http2 proxy's, in the worse shape: at least 3 is wanted. */
  readonly h2_hop_vs_node_http2: number | null;
}

interface Sample extends Http2LoadResult {
  readonly cpuUsPerRequest: number;
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Answers every request with 200 and 100 bytes. */
export async function startHttp2Origin(): Promise<Running> {
  const port = await freePort();
  const command = [process.execPath, here('http2-origin.ts'), String(port)];
  return running('origin', port, start(LOAD_CORE, command));
}

async function startNodeHttp2(originPort: number): Promise<Running> {
  const port = await freePort();
  const command = [process.execPath, here('node-http2-proxy.ts'), String(port), String(originPort)];
  return running('node:http2', port, start(PROXY_CORE, command));
}

/** HAProxy for HTTP/2, one hop; null where it is not installed. */
export async function startHaproxy(originPort: number, dir: string): Promise<Running | null> {
  const program = programPath('haproxy');
  if (program === null) return null;
  const port = await freePort();
  const config = join(dir, 'haproxy-http2.cfg');
  writeFileSync(
    config,
    `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
listen bench
  bind 127.0.0.1:${port} proto h2
  server origin 127.0.0.1:${originPort} proto h2
`,
  );
  return running('haproxy', port, start(PROXY_CORE, [program, '-db', '-q', '-f', config]));
}

/** Measures all programs in turn, `rounds` times each. Build the proxy first. @throws Error when a request fails. */
export async function measureHttp2Hop(options: Http2HopOptions): Promise<Http2HopResult> {
  const dir = mkdtempSync(join(tmpdir(), 'tulle-bench-http2-'));
  const started: Running[] = [];
  const isWanted = (name: string): boolean => options.programs?.includes(name) ?? true;
  try {
    const origin = await startHttp2Origin();
    started.push(origin);
    const proxies: Running[] = [];
    const add = (proxy: Running | null): void => {
      if (proxy === null) return options.say('HAProxy is not installed: its rows are left out.');
      started.push(proxy);
      proxies.push(proxy);
    };
    if (isWanted('tulle')) {
      const { profileDir } = options;
      add(await startTulle(origin.port, profileDir === undefined ? {} : { profileDir }));
    }
    for (const checkout of options.beside ?? []) {
      const program = join(checkout, 'bin/tulle-proxy');
      const running = await startTulle(origin.port, { program });
      add({ ...running, name: basename(checkout) });
    }
    if (isWanted('haproxy')) add(await startHaproxy(origin.port, dir));
    if (isWanted('node:http2')) add(await startNodeHttp2(origin.port));
    const shapes: Map<string, Sample[]>[] = [];
    for (const shape of options.shapes ?? SHAPES)
      shapes.push(await measureShape(shape, proxies, options));
    return {
      h2_hop_cpu_vs_haproxy: worst(Math.max, shapes, 'haproxy', cpuRatio),
      h2_hop_vs_node_http2: worst(Math.min, shapes, 'node:http2', rateRatio),
    };
  } finally {
    await Promise.all(started.map((running) => running.stop()));
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measureShape(
  shape: Shape,
  proxies: readonly Running[],
  { rounds, seconds, say }: Http2HopOptions,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(proxies.map(({ name }) => [name, []]));
  for (const proxy of proxies) await measure(proxy, shape, 1);
  for (let round = 0; round < rounds; round += 1) {
    for (const proxy of proxies) {
      samples.get(proxy.name)?.push(await measure(proxy, shape, seconds));
    }
  }
  for (const [name, list] of samples) say(row(shape, name, list));
  return samples;
}

async function measure(proxy: Running, shape: Shape, seconds: number): Promise<Sample> {
  const [program, ...launcher] = [...pinned(LOAD_CORE), process.execPath];
  const args = [proxy.port, ...shape, seconds].map(String);
  const child = fork(here('http2-load.ts'), args, { execPath: program, execArgv: launcher });
  const { promise, resolve, reject } = Promise.withResolvers<Sample>();
  let cpuUs = 0;
  child.on('message', (message: 'warm' | 'over' | Http2LoadResult) => {
    if (message === 'warm') cpuUs = -cpuTimeUs(proxy.pid);
    else if (message === 'over') cpuUs += cpuTimeUs(proxy.pid);
    else resolve({ ...message, cpuUsPerRequest: cpuUs / Math.max(message.requests, 1) });
  });
  child.once('exit', () => reject(new Error(`The load on ${proxy.name} ended without a result.`)));
  const sample = await promise;
  if (sample.failed > 0) throw new Error(`${sample.failed} requests through ${proxy.name} failed.`);
  return sample;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const cpuRatio = (ours: Sample, theirs: Sample): number =>
  ours.cpuUsPerRequest / theirs.cpuUsPerRequest;
const rateRatio = (ours: Sample, theirs: Sample): number =>
  ours.requestsPerSecond / theirs.requestsPerSecond;

/** Per shape the median over the rounds of ours against theirs in the same round; of the shapes the worst. */
function worst(
  choose: (...values: number[]) => number,
  shapes: readonly Map<string, Sample[]>[],
  peer: string,
  of: (ours: Sample, theirs: Sample) => number,
): number | null {
  const medians = shapes.flatMap((samples) => {
    const ours = samples.get('tulle') ?? [];
    const theirs = samples.get(peer) ?? [];
    const ratios = ours.flatMap((mine, i) => (theirs[i] ? [of(mine, theirs[i])] : []));
    return ratios.length === 0 ? [] : [median(ratios)];
  });
  return medians.length === 0 ? null : Number(choose(...medians).toFixed(3));
}

function row([connections, streams]: Shape, name: string, samples: readonly Sample[]): string {
  const of = (pick: (sample: Sample) => number): number => median(samples.map(pick));
  return [
    `${connections}x${streams}`.padEnd(6),
    name.padEnd(11),
    `${Math.round(of((s) => s.requestsPerSecond))} requests/s`.padStart(18),
    `${of((s) => s.cpuUsPerRequest).toFixed(1)} µs CPU/request`.padStart(22),
    // What other work on the machine adds only ever makes it worse.
    `least ${Math.min(...samples.map((s) => s.cpuUsPerRequest)).toFixed(1)}`.padStart(11),
    `p50 ${of((s) => s.p50Ms).toFixed(2)} ms`.padStart(14),
    `p99 ${of((s) => s.p99Ms).toFixed(2)} ms`.padStart(14),
  ].join('  ');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const profileDir = wordOption('profile');
  const beside = wordOption('beside')?.split(',');
  const programs = wordOption('programs')?.split(',');
  const shape = wordOption('shape')?.split('x').map(Number);
  const result = await measureHttp2Hop({
    rounds: Number(wordOption('rounds') ?? 5),
    seconds: Number(wordOption('seconds') ?? 3),
    say: (line) => console.log(line),
    ...(profileDir === undefined ? {} : { profileDir }),
    ...(beside === undefined ? {} : { beside }),
    ...(programs === undefined ? {} : { programs }),
    ...(shape === undefined ? {} : { shapes: [[shape[0] ?? 1, shape[1] ?? 1]] }),
  });
  for (const [key, value] of Object.entries(result)) console.log(`${key}: ${value ?? 'n/a'}`);
}
