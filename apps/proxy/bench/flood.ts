/**
 * `node apps/proxy/bench/flood.ts [--seconds=N] [--rounds=N] [--kinds=PING,…] [--programs=tulle,haproxy] [--beside=CHECKOUT,…]`:
 * what clients of one proxy feel of another one's flood. 500 requests a second over eight HTTP/2 connections, timed from
 * when each was due, while one connection floods: closed for it, it comes again at once. The flooder runs at the lowest
 * priority, so that it takes nothing from the clients that are timed, which share its core.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FLOODS } from '../src/testing/http2-floods.ts';
import { startHaproxy, startHttp2Origin } from './http2.ts';
import { LOAD_CORE, pinned } from './machine.ts';
import { median, withPrograms } from './measure.ts';
import type { BenchOptions, Figures } from './measure.ts';
import { wordOption } from './options.ts';
import { startTulle, type Running } from './peers.ts';
import type { PacedResult } from './paced-load.ts';

const KINDS = ['rapid reset', 'resets we are made to send', 'PING', 'CONTINUATION'];
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

interface FloodOptions extends BenchOptions {
  /** Names of floods. */
  readonly kinds?: readonly string[];
  /** Other checkouts, built, to measure as well. */
  readonly beside?: readonly string[];
  readonly programs?: readonly string[];
}

/** The worst kind's p99 of other clients as a multiple of their p99 without a flood: at most 2 is wanted. */
export function measureFlood(options: FloodOptions): Promise<Figures> {
  const kinds = options.kinds ?? KINDS;
  const programs = options.programs ?? ['tulle'];
  return withPrograms(async (keep, dir) => {
    const origin = keep(await startHttp2Origin());
    const proxies: Running[] = [];
    if (programs.includes('tulle')) proxies.push(keep(await startTulle(origin.port)));
    for (const checkout of options.beside ?? []) {
      const running = await startTulle(origin.port, { program: `${checkout}/bin/tulle-proxy` });
      proxies.push(keep({ ...running, name: checkout }));
    }
    const haproxy = programs.includes('haproxy') ? await startHaproxy(origin.port, dir) : null;
    if (haproxy !== null) proxies.push(keep(haproxy));
    options.say('Clients of a proxy that one connection floods, 500 requests/s');
    const worst = new Map<string, number>();
    for (const proxy of proxies) await clients(proxy, 1);
    for (const proxy of proxies) worst.set(proxy.name, await worstOf(proxy, kinds, options));
    return { flood_p99_of_others: worst.get('tulle') ?? null };
  });
}

async function worstOf(
  proxy: Running,
  kinds: readonly string[],
  { rounds, seconds, say }: BenchOptions,
): Promise<number> {
  let worst = 0;
  for (const kind of kinds) {
    const ratios: number[] = [];
    const [quiet, flooded]: [number[], number[]] = [[], []];
    let connections = 0;
    for (let round = 0; round < rounds; round += 1) {
      const before = await clients(proxy, seconds);
      const flooder = startFlooder(proxy.port, kind);
      const during = await clients(proxy, seconds);
      connections += await stopFlooder(flooder);
      if (before.failed + during.failed > 0) say(JSON.stringify({ before, during }));
      quiet.push(before.p99Ms);
      flooded.push(during.p99Ms);
      ratios.push(during.p99Ms / before.p99Ms);
    }
    const ratio = median(ratios);
    worst = Math.max(worst, ratio);
    say(
      `  ${proxy.name}  ${kind}: p99 ${median(quiet).toFixed(2)} → ${median(flooded).toFixed(2)} ms, ${ratio.toFixed(2)} times; ${connections} connections of the flooder`,
    );
  }
  return Number(worst.toFixed(2));
}

async function clients({ port }: Running, seconds: number): Promise<PacedResult> {
  const [execPath, ...execArgv] = [...pinned(LOAD_CORE), process.execPath];
  const child = fork(here('flood-clients.ts'), [port, seconds].map(String), { execPath, execArgv });
  const [result] = (await once(child, 'message')) as [PacedResult];
  return result;
}

function startFlooder(port: number, kind: string): ChildProcess {
  const words = ['nice', '-n', '19', ...pinned(LOAD_CORE), process.execPath];
  const [execPath, ...execArgv] = words;
  return fork(here('flooder.ts'), [String(port), kind], { execPath: execPath ?? '', execArgv });
}

/** @returns the connections it had. */
async function stopFlooder(flooder: ChildProcess): Promise<number> {
  flooder.send('stop');
  const [connections] = (await once(flooder, 'message')) as [number];
  return connections;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const figures = await measureFlood({
    rounds: Number(wordOption('rounds') ?? 5),
    seconds: Number(wordOption('seconds') ?? 2),
    kinds: wordOption('kinds')?.split(',') ?? FLOODS.map(({ name }) => name),
    programs: wordOption('programs')?.split(',') ?? ['tulle', 'haproxy'],
    beside: wordOption('beside')?.split(',') ?? [],
    say: (line) => console.log(line),
  });
  for (const [key, value] of Object.entries(figures)) console.log(`${key}: ${value ?? 'n/a'}`);
}
