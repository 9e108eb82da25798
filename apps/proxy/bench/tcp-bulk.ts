/**
 * Opaque bytes in bulk, server to client, beside HAProxy in tcp mode: `measureTcpBulk`, and its two ends as
 * `node tcp-bulk.ts serve PORT` and (forked) `node tcp-bulk.ts fetch PORT BYTES`.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/testing/proxy-process.ts';
import { LOAD_CORE, PROXY_CORE, pinned, programPath, start } from './machine.ts';
import { cpuOf, median, withPrograms } from './measure.ts';
import type { BenchOptions, Figures } from './measure.ts';
import { running, tulle } from './peers.ts';
import type { Running } from './peers.ts';

const BYTES = 1024 * 1024 * 1024;
const PIECE = Buffer.alloc(1024 * 1024);
const SCRIPT = fileURLToPath(import.meta.url);

interface Bulk {
  readonly mbPerSecond: number;
  readonly cpuUsPerMb: number;
}

/** Sends zeros to whoever has said how many. */
function serve(port: number): void {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (line: Buffer) => {
      let left = Number(line.toString().slice('bulk '.length));
      const send = (): void => {
        while (left > 0) {
          const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
          left -= piece.length;
          if (!socket.write(piece)) return void socket.once('drain', send);
        }
        socket.end();
      };
      send();
    });
  });
  server.listen(port, '127.0.0.1');
}

/** Tells its parent how many milliseconds the bytes took. */
function fetchBulk(port: number, bytes: number): void {
  let received = 0;
  let startMs = 0;
  const socket = connect({
    port,
    host: '127.0.0.1',
    onread: {
      buffer: Buffer.alloc(PIECE.length),
      callback: (count) => {
        received += count;
        return true;
      },
    },
  });
  socket.on('connect', () => {
    startMs = performance.now();
    socket.write(`bulk ${bytes}\n`);
  });
  socket.on('end', () => {
    process.send?.(received === bytes ? performance.now() - startMs : Number.NaN, () =>
      process.disconnect?.(),
    );
  });
}

async function haproxyTcp(originPort: number, dir: string): Promise<Running | null> {
  const program = programPath('haproxy');
  if (program === null) return null;
  const port = await freePort();
  const config = join(dir, 'haproxy-tcp.cfg');
  writeFileSync(
    config,
    `global
  nbthread 1
defaults
  mode tcp
  timeout client 60s
  timeout server 60s
  timeout connect 5s
listen bench
  bind 127.0.0.1:${port}
  server origin 127.0.0.1:${originPort}
`,
  );
  return running('haproxy', port, start(PROXY_CORE, [program, '-db', '-q', '-f', config]));
}

async function bulk(program: Running): Promise<Bulk> {
  const [execPath, ...execArgv] = [...pinned(LOAD_CORE), process.execPath];
  const before = cpuOf(program);
  const child = fork(SCRIPT, ['fetch', String(program.port), String(BYTES)], {
    execPath,
    execArgv,
  });
  const [ms] = (await once(child, 'message')) as [number];
  const megabytes = BYTES / 1e6;
  return {
    mbPerSecond: (megabytes / ms) * 1000,
    cpuUsPerMb: (cpuOf(program) - before) / megabytes,
  };
}

export function measureTcpBulk(options: BenchOptions): Promise<Figures> {
  return withPrograms(async (keep, dir) => {
    const originPort = await freePort();
    const origin = [process.execPath, SCRIPT, 'serve', String(originPort)];
    keep(await running('origin', originPort, start(LOAD_CORE, origin)));
    const peers = [await tulle.start(originPort, dir), await haproxyTcp(originPort, dir)];
    const programs = peers.filter((peer) => peer !== null).map(keep);
    const results = new Map<string, Bulk[]>(programs.map(({ name }) => [name, []]));
    for (const program of programs) await bulk(program);
    for (let round = 0; round < options.rounds; round += 1) {
      for (const program of programs) results.get(program.name)?.push(await bulk(program));
    }
    options.say('Opaque TCP, one connection, bulk');
    for (const [name, list] of results) {
      const rate = Math.round(median(list.map(({ mbPerSecond }) => mbPerSecond)));
      const cpu = Math.round(median(list.map(({ cpuUsPerMb }) => cpuUsPerMb)));
      options.say(`  ${name.padEnd(12)} ${rate} MB/s  ${cpu} µs CPU/MB`);
    }
    return {
      tcp_bulk_vs_haproxy: against(
        results,
        (ours, theirs) => ours.mbPerSecond / theirs.mbPerSecond,
      ),
      tcp_bulk_cpu_vs_haproxy: against(
        results,
        (ours, theirs) => theirs.cpuUsPerMb / ours.cpuUsPerMb,
      ),
    };
  });
}

function against(
  results: Map<string, Bulk[]>,
  of: (ours: Bulk, theirs: Bulk) => number,
): number | null {
  const theirs = results.get('haproxy');
  if (theirs === undefined) return null;
  const ours = results.get('tulle') ?? [];
  const ratios = ours.flatMap((mine, i) => (theirs[i] === undefined ? [] : [of(mine, theirs[i])]));
  return Number(median(ratios).toFixed(3));
}

const [mode, port, bytes] = process.argv.slice(2);
if (process.argv[1] === SCRIPT && mode === 'serve') serve(Number(port));
if (process.argv[1] === SCRIPT && mode === 'fetch') fetchBulk(Number(port), Number(bytes));
