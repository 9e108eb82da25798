/**
 * Hours in minutes: HTTP/1, HTTP/2, gRPC, WebSocket and opaque bytes together, 1,000 a second, through a meshed pair. What
 * counts is that nothing fails, that memory does not creep and that the event loop is never late for long.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startMesh, sumOf } from '../src/testing/mesh.ts';
import type { Ending, Mesh } from '../src/testing/mesh.ts';
import type { ProxyProcess } from '../src/testing/proxy-process.ts';
import type { BenchOptions, Figures } from './measure.ts';
import { startSoakApps } from './soak-apps.ts';
import {
  grpcCalls,
  http1Requests,
  http2Requests,
  tcpEchoes,
  webSocketEchoes,
} from './soak-clients.ts';
import type { SoakClient } from './soak-clients.ts';

const PROGRAM = fileURLToPath(new URL('../../../bin/tulle-proxy', import.meta.url));
const PROBE = new URL('event-loop-probe.ts', import.meta.url).href;
const TICK_MS = 10;
/** Of one kind under way at once; what is due beyond that fails, lest a machine that is too slow be buried. */
const MAX_PENDING = 1000;
/** After which memory counts, of the whole. */
const WARM_UP = 0.3;

export interface SoakOptions extends BenchOptions {
  readonly minutes: number;
}

interface Kind {
  readonly perSecond: number;
  readonly client: SoakClient;
}

interface Tally {
  sent: number;
  failed: Map<string, number>;
}

export async function measureSoak(options: SoakOptions): Promise<Figures> {
  const ends: (() => unknown)[] = [];
  const cleanup: Ending = { after: (end) => ends.push(end) };
  const dir = mkdtempSync(join(tmpdir(), 'tulle-soak-'));
  cleanup.after(() => rmSync(dir, { recursive: true, force: true }));
  try {
    const mesh = await soakMesh(cleanup, dir);
    return await soak(mesh, dir, cleanup, options);
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

async function soakMesh(cleanup: Ending, dir: string): Promise<Mesh> {
  const { webPort, http2Port, tcpPort } = await startSoakApps(cleanup);
  return startMesh(
    cleanup,
    [
      { name: 'web', appPorts: [webPort] },
      { name: 'rpc', appPorts: [http2Port] },
      { name: 'raw', appPorts: [tcpPort], hint: 'opaque', profile: { opaqueProtocol: true } },
    ],
    { program: [PROGRAM], env: { NODE_OPTIONS: `--import=${PROBE}`, TULLE_SOAK_DIR: dir } },
  );
}

async function soak(
  mesh: Mesh,
  dir: string,
  cleanup: Ending,
  { minutes, say }: SoakOptions,
): Promise<Figures> {
  const port = (name: string): number => mesh.ports[name] ?? 0;
  const kinds: Record<string, Kind> = {
    'HTTP/1': { perSecond: 350, client: http1Requests(cleanup, port('web')) },
    'HTTP/2': { perSecond: 250, client: http2Requests(cleanup, port('rpc')) },
    gRPC: { perSecond: 200, client: grpcCalls(cleanup, port('rpc')) },
    WebSocket: { perSecond: 100, client: webSocketEchoes(cleanup, port('web')) },
    TCP: { perSecond: 100, client: tcpEchoes(port('raw')) },
  };
  const tallies = new Map<string, Tally>();
  const running = Object.entries(kinds).map(([name, kind]) => {
    const tally: Tally = { sent: 0, failed: new Map() };
    tallies.set(name, tally);
    return runKind(kind, tally);
  });
  const proxies = [mesh.client, ...Object.values(mesh.servers).flat()];
  say(`Soak: 1,000 a second for ${minutes} min through ${proxies.length} proxies`);
  const megabytes = await watchMemory(proxies, minutes * 60, say);
  await Promise.all(running.map((stop) => stop()));
  for (const [name, { sent, failed }] of tallies) {
    say(`  ${name}: ${sent} sent, failed ${JSON.stringify(Object.fromEntries(failed))}`);
  }
  const all = [...tallies.values()];
  const failed = all.flatMap((tally) => [...tally.failed.values()]);
  return {
    soak_sent: all.reduce((sum, { sent }) => sum + sent, 0),
    soak_failed: failed.reduce((sum, count) => sum + count, 0),
    soak_memory_drift: drift(megabytes),
    soak_event_loop_p99_ms: Math.max(...proxies.map((proxy) => eventLoopP99Ms(dir, proxy))),
  };
}

/** Starts sending; gives what ends it, once everything sent was answered. */
function runKind({ perSecond, client }: Kind, tally: Tally): () => Promise<void> {
  const startedAtMs = performance.now();
  const pending = new Set<Promise<void>>();
  const fail = (why: string): void => {
    tally.failed.set(why, (tally.failed.get(why) ?? 0) + 1);
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAtMs) * perSecond) / 1000);
    for (; tally.sent < due; tally.sent += 1) {
      if (pending.size >= MAX_PENDING) {
        fail('too many under way');
        continue;
      }
      const one = client(tally.sent).catch((error: unknown) => {
        fail(error instanceof Error ? error.message : String(error));
      });
      pending.add(one);
      void one.finally(() => pending.delete(one));
    }
  }, TICK_MS);
  return async () => {
    clearInterval(timer);
    await Promise.all(pending);
  };
}

/** Resident memory of all proxies together, as often as makes fifty samples. */
async function watchMemory(
  proxies: readonly ProxyProcess[],
  seconds: number,
  say: (line: string) => void,
): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < 50; i += 1) {
    await pause((seconds * 1000) / 50);
    const pages = await Promise.all(proxies.map((proxy) => proxy.metrics()));
    const each = pages.map((page) => sumOf(page, 'process_resident_memory_bytes') / 1e6);
    samples.push(each.reduce((sum, value) => sum + value, 0));
    if (i % 10 === 9) say(`  ${each.map((value) => value.toFixed(1)).join(' + ')} MB`);
  }
  return samples;
}

/** How much more the last fifth has than the fifth after the warm-up: 0.05 is 5 %. */
function drift(samples: readonly number[]): number {
  const fifth = Math.max(1, Math.floor(samples.length / 5));
  const from = Math.floor(samples.length * WARM_UP);
  const early = mean(samples.slice(from, from + fifth));
  return Number((mean(samples.slice(-fifth)) / early - 1).toFixed(3));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function eventLoopP99Ms(dir: string, { child }: ProxyProcess): number {
  return Number(Number(readFileSync(join(dir, `${child.pid}.txt`), 'utf8')).toFixed(1));
}
