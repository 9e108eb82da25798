/** 2,000 requests a second over 100 connections through a meshed pair, and to the origin itself for comparison. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { LOAD_CORE, pinned } from './machine.ts';
import { median, withPrograms } from './measure.ts';
import type { BenchOptions, Figures } from './measure.ts';
import type { PacedResult } from './paced-load.ts';
import { tullePair } from './pairs.ts';
import { startOrigin } from './peers.ts';
import type { Running } from './peers.ts';

const RATE = 2000;
const CONNECTIONS = 100;
const SCRIPT = fileURLToPath(new URL('paced-load.ts', import.meta.url));

export function measurePaced(options: BenchOptions): Promise<Figures> {
  return withPrograms(async (keep, dir) => {
    const origin = keep(await startOrigin(dir));
    const pair = keep(await tullePair(origin.port));
    options.say(`Paced: ${RATE} requests/s over ${CONNECTIONS} connections`);
    await paced(pair, 2);
    const [through, direct]: [PacedResult[], PacedResult[]] = [[], []];
    for (let round = 0; round < options.rounds; round += 1) {
      through.push(await paced(pair, options.seconds));
      direct.push(await paced(origin, options.seconds));
    }
    const figures = {
      pair_2000rps_p50_ms: rounded(through, ({ p50Ms }) => p50Ms),
      pair_2000rps_p99_ms: rounded(through, ({ p99Ms }) => p99Ms),
      pair_2000rps_failed: through.reduce((sum, { failed }) => sum + failed, 0),
      direct_2000rps_p50_ms: rounded(direct, ({ p50Ms }) => p50Ms),
      direct_2000rps_p99_ms: rounded(direct, ({ p99Ms }) => p99Ms),
    };
    options.say(
      `  of ${through.reduce((sum, { sent }) => sum + sent, 0)} requests through the pair`,
    );
    return figures;
  });
}

function rounded(results: readonly PacedResult[], of: (result: PacedResult) => number): number {
  return Number(median(results.map(of)).toFixed(2));
}

function paced(program: Running, seconds: number): Promise<PacedResult> {
  return loadAtRate(program.port, RATE, CONNECTIONS, seconds);
}

/** So many requests a second from a process of its own on the load's core. */
export async function loadAtRate(
  port: number,
  rate: number,
  connections: number,
  seconds: number,
): Promise<PacedResult> {
  const [execPath, ...execArgv] = [...pinned(LOAD_CORE), process.execPath];
  const args = [port, rate, connections, seconds].map(String);
  const child = fork(SCRIPT, args, { execPath, execArgv });
  const [result] = (await once(child, 'message')) as [PacedResult];
  return result;
}
