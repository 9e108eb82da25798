/**
 * Load: HTTP/1 over kept-alive connections, each request different (5,000 paths, headers that change), because identical
 * requests flatter whatever caches. `wrk` where it is installed, a small generator of our own otherwise.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOAD_CORE, pinned, programPath } from './machine.ts';

export interface LoadResult {
  readonly requestsPerSecond: number;
  /** Milliseconds; null where the generator does not say. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Answers other than 2xx, and connections that broke. */
  readonly failed: number;
}

const CONNECTIONS = 64;
const PATHS = 5000;
const wrk = programPath('wrk');
export const generator = wrk === null ? 'own generator' : 'wrk';

const VARIED_LUA = `
local n = 0
request = function()
  n = n + 1
  local id = (n * 7919) % ${PATHS}
  return wrk.format("GET", "/api/items/" .. id .. "?page=" .. (n % 17), {
    ["Host"] = "web.bench.svc.cluster.local",
    ["User-Agent"] = "bench/1.0",
    ["Accept"] = "application/json",
    ["X-Request-Id"] = "req-" .. n,
    ["X-Trace"] = string.format("%016x", n * 2654435761 % 4294967296),
  })
end
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %f %f %f %d\\n",
    summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/** Loads `port` for so many seconds. @param dir for the generator's script. */
export function load(port: number, seconds: number, dir: string): Promise<LoadResult> {
  return wrk === null ? ownLoad(port, seconds) : wrkLoad(wrk, port, seconds, dir);
}

async function wrkLoad(
  program: string,
  port: number,
  seconds: number,
  dir: string,
): Promise<LoadResult> {
  const script = join(dir, 'varied.lua');
  writeFileSync(script, VARIED_LUA);
  const options = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script];
  const words = [...pinned(LOAD_CORE), program, ...options, `http://127.0.0.1:${port}/`];
  const [command = '', ...args] = words;
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child, 'close');
  const match = /RESULT (\S+) (\S+) (\S+) (\d+)/.exec(text);
  if (match === null) throw new Error(`wrk said nothing usable:\n${text}`);
  return {
    requestsPerSecond: Number(match[1]),
    p50Ms: Number(match[2]),
    p99Ms: Number(match[3]),
    failed: Number(match[4]),
  };
}

async function ownLoad(port: number, seconds: number): Promise<LoadResult> {
  const endAt = performance.now() + seconds * 1000;
  const counts = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, i) => oneConnection(port, endAt, i * PATHS)),
  );
  const answered = counts.reduce((sum, count) => sum + count.answered, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  return { requestsPerSecond: answered / seconds, p50Ms: null, p99Ms: null, failed };
}

function oneConnection(
  port: number,
  endAt: number,
  seed: number,
): Promise<{ answered: number; failed: number }> {
  return new Promise((resolve) => {
    let sent = seed;
    let answered = 0;
    let failed = 0;
    let text = '';
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const next = (): void => {
      sent += 1;
      socket.write(
        `GET /api/items/${(sent * 7919) % PATHS}?page=${sent % 17} HTTP/1.1\r\n` +
          `Host: web.bench.svc.cluster.local\r\nUser-Agent: bench/1.0\r\n` +
          `Accept: application/json\r\nX-Request-Id: req-${sent}\r\nX-Trace: ${sent * 31}\r\n\r\n`,
      );
    };
    socket.on('connect', next);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const headEnd = text.indexOf('\r\n\r\n');
      if (headEnd === -1) return;
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (text.length < headEnd + 4 + length) return;
      if (!text.startsWith('HTTP/1.1 200')) failed += 1;
      text = '';
      answered += 1;
      if (performance.now() < endAt) next();
      else socket.destroy();
    });
    socket.on('error', () => {
      failed += 1;
    });
    socket.on('close', () => resolve({ answered, failed }));
  });
}
