/**
 * `npm run bench:proxy [-- --json] [-- --only=h1_hop,memory] [-- --rounds=N] [-- --seconds=N]`, and `--only soak
 * [--minutes=N]`: the shipped proxy beside its peers, interleaved in one run on the same core. What counts are the ratios:
 * figures move with the machine.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { measureFlood } from './flood.ts';
import { measureHttp1Hop } from './h1-hop.ts';
import { measureHttp1Pair } from './h1-pair.ts';
import { measureHttp2Hop } from './http2.ts';
import { programPath } from './machine.ts';
import type { BenchOptions, Figures } from './measure.ts';
import { measureMemory } from './memory.ts';
import { measurePaced } from './paced.ts';
import { measureSoak } from './soak.ts';
import { measureTapCost } from './tap-cost.ts';
import { measureTcpBulk } from './tcp-bulk.ts';

const ROWS: Readonly<Record<string, (options: BenchOptions) => Promise<Figures>>> = {
  h1_hop: measureHttp1Hop,
  h2_hop: async (options) => ({ ...(await measureHttp2Hop(options)) }),
  h1_pair: measureHttp1Pair,
  paced: measurePaced,
  flood: measureFlood,
  tcp_bulk: measureTcpBulk,
  memory: measureMemory,
  tap: measureTapCost,
  soak: (options) => measureSoak({ ...options, minutes: numberOption('minutes', 1) }),
};
const PEERS = ['haproxy', 'nginx', 'wrk', 'taskset'];

const words = process.argv.slice(2);
const isJson = words.includes('--json');

/** The value of `--name=value` or `--name value`. */
function option(name: string): string | undefined {
  const at = words.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const word = words[at];
  return word?.includes('=') === true ? word.slice(word.indexOf('=') + 1) : words[at + 1];
}

function usage(message: string): never {
  console.error(message);
  process.exit(64);
}

function numberOption(name: string, fallback: number): number {
  const isGiven = words.some((word) => word.startsWith(`--${name}`));
  const value = isGiven ? Number(option(name)) : fallback;
  if (Number.isInteger(value) && value > 0) return value;
  return usage(`--${name} takes a whole number above 0.`);
}

function wantedRows(): string[] {
  if (!words.some((word) => word.startsWith('--only')))
    return Object.keys(ROWS).filter((name) => name !== 'soak');
  const names = (option('only') ?? '').split(',');
  const unknown = names.filter((name) => !(name in ROWS));
  if (unknown.length === 0) return names;
  return usage(`--only takes some of ${Object.keys(ROWS).join(', ')}; not ${unknown.join(', ')}.`);
}

function say(line: string): void {
  if (!isJson) console.log(line);
}

/** Measures what is shipped, not what was built some time ago. */
function build(): void {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const args = ['../../scripts/bundle.mjs', '--small', 'src/main.ts', 'dist/main.cjs'];
  const { status } = spawnSync(process.execPath, args, { cwd, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(70);
}

async function main(): Promise<void> {
  const options = {
    rounds: numberOption('rounds', 5),
    seconds: numberOption('seconds', 3),
    say,
  };
  const rows = wantedRows();
  const missing = PEERS.filter((name) => programPath(name) === null);
  if (missing.length > 0) say(`Not installed, and left out: ${missing.join(', ')}.`);
  build();
  const figures: Record<string, number | null> = {};
  for (const name of rows) {
    const result = (await ROWS[name]?.(options)) ?? {};
    Object.assign(figures, result);
    for (const [key, value] of Object.entries(result)) say(`${key}: ${value ?? 'n/a'}`);
  }
  if (isJson) console.log(JSON.stringify(figures));
}

await main();
