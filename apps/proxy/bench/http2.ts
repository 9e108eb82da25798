/**
 * `node apps/proxy/bench/http2.ts [--seconds=N] [--rounds=N] [--profile]`: HTTP/2 one hop through the codec alone (no
 * mesh around it), beside HAProxy where installed and a node:http2 proxy, interleaved on one core. Paths and fields vary
 * from request to request: identical ones flatter caches. Needs h2load.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Http2Connection } from '../src/http2/connection.ts';
import { ownField } from '../src/http2/hpack/header-field.ts';
import { serveHttp2 } from '../src/http2/server.ts';
import { deafHandler } from '../src/http2/stream.ts';
import type { Endpoint, TransportCounters } from '../src/stack/endpoint.ts';
import type { Exchange, HttpService } from '../src/stack/http-service.ts';
import {
  LOAD_CORE,
  PROXY_CORE,
  cpuTimeUs,
  pinned,
  programPath,
  start,
  untilListening,
} from './machine.ts';

const LIMITS = { maxListBytes: 16_384, maxFields: 100 };
const SHAPES = [
  ['-c16', '-m10'],
  ['-c64', '-m1'],
  ['-c1', '-m100'],
] as const;

const now = (): number => performance.now();

/** Answers every request with 100 bytes, on our own connection: faster than what it measures. */
function serveOrigin(port: number): void {
  const head = [
    ownField(':status', '200'),
    ownField('content-type', 'text/plain'),
    ownField('content-length', '100'),
  ];
  const body = Buffer.alloc(100, 'x');
  net
    .createServer({ noDelay: true }, (socket) => {
      const user = {
        onRequest: (stream: Parameters<Http2Connection['user']['onRequest']>[0]) => {
          stream.handler = { ...deafHandler, onData: (chunk) => stream.consumed(chunk.length) };
          stream.sendHead(head, false);
          stream.send(body);
          stream.end();
        },
        onRoom: () => {},
        onFault: () => {},
        onGoaway: () => {},
        onClosed: () => {},
      };
      const options = {
        role: 'server',
        limits: LIMITS,
        now,
        stallTimeoutMs: 10_000,
        idleTimeoutMs: 60_000,
      } as const;
      new Http2Connection(socket, user, options).start(null);
    })
    .listen(port, '127.0.0.1');
}

const counters: TransportCounters = {
  opened: () => {},
  closed: () => {},
  read: () => {},
  wrote: () => {},
};

function serveCodec(port: number, originPort: number): void {
  const endpoint: Endpoint = {
    host: '127.0.0.1',
    port: originPort,
    tls: { kind: 'none', reason: 'loopback' },
    protocolHint: 'none',
    labels: {},
    pools: { http1: null, http2: null },
    transport: counters,
    retired: false,
    connectionFailed: () => {},
    connectionReady: () => {},
  };
  const exchange: Exchange = {
    kind: 'exchange',
    endpoint,
    timeoutMs: 0,
    replayBytes: 0,
    headerEdit: {
      strip: ['l5d-dst-canonical'],
      set: [['l5d-dst-canonical', 'web.default.svc.cluster.local:80']],
    },
    attemptFailed: (failure) => ({
      kind: 'refusal',
      status: 502,
      proxyError: failure.error.message,
      tellClient: true,
    }),
    responseHead: () => 'forward',
    firstBodyByte: () => {},
    responseBytes: () => {},
    responseTrailers: () => 'forward',
    end: () => {},
  };
  const service: HttpService = { begin: () => exchange, countMalformed: () => {} };
  const dial = (to: Endpoint): Promise<net.Socket> =>
    new Promise((resolve, reject) => {
      const socket = net.connect({ host: to.host, port: to.port, noDelay: true });
      socket.once('connect', () => resolve(socket));
      socket.once('error', reject);
    });
  const limits = {
    maxHeadBytes: 16_384,
    maxHeaderFields: 100,
    headTimeoutMs: 10_000,
    clientIdleTimeoutMs: 60_000,
    poolIdleTimeoutMs: 60_000,
    maxIdlePerEndpoint: 10,
  };
  const peer = {
    address: '127.0.0.1',
    port: 1,
    tls: { kind: 'none', reason: 'loopback' },
  } as const;
  net
    .createServer({ noDelay: true }, (socket) => {
      serveHttp2(socket, Buffer.alloc(0), peer, service, { dial, now, limits });
    })
    .listen(port, '127.0.0.1');
}

function serveNodeHttp2(port: number, originPort: number): void {
  const upstream = http2.connect(`http://127.0.0.1:${originPort}`);
  const server = http2.createServer();
  server.on('stream', (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
    const forward = upstream.request(headers);
    forward.on('response', (answer) => {
      if (!stream.destroyed) stream.respond(answer);
    });
    forward.pipe(stream);
    stream.pipe(forward);
    for (const end of [stream, forward]) end.on('error', () => {});
  });
  server.listen(port, '127.0.0.1');
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function haproxyConfig(port: number, originPort: number): string {
  return `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:${port} proto h2
  default_backend out
backend out
  http-reuse always
  server origin 127.0.0.1:${originPort} proto h2
`;
}

function option(name: string, fallback: number): number {
  const text = process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1];
  return Number(text ?? fallback);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function load(port: number, shape: readonly string[], seconds: number, dir: string): number {
  const uris = join(dir, `uris-${port}`);
  const lines = Array.from(
    { length: 5000 },
    (_, i) => `http://127.0.0.1:${port}/api/items/${i * 7919}?page=${i % 17}`,
  );
  writeFileSync(uris, lines.join('\n'));
  const fields = [
    'accept: application/json',
    'x-request-id: 6f1d2a90-7c11-4f0a-9a2e-5b7f',
    'x-team: shop',
    'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  ];
  const command = [
    ...pinned(LOAD_CORE),
    'h2load',
    '-t1',
    ...shape,
    `-D${seconds}`,
    ...fields.flatMap((field) => ['-H', field]),
    '-i',
    uris,
  ];
  const { stdout } = spawnSync(command[0] as string, command.slice(1), { encoding: 'utf8' });
  const failed = /(\d+) failed, (\d+) errored/.exec(stdout);
  if (failed === null || failed[1] !== '0') throw new Error(`h2load met failures:\n${stdout}`);
  return Number(/finished in [^,]+, ([\d.]+) req\/s/.exec(stdout)?.[1] ?? Number.NaN);
}

async function main(): Promise<void> {
  if (programPath('h2load') === null) {
    console.error('h2load is not installed: there is nothing to make the load with.');
    process.exit(69);
  }
  const dir = mkdtempSync(join(tmpdir(), 'tulle-bench-http2-'));
  const script = fileURLToPath(import.meta.url);
  const originPort = await freePort();
  const children = [start(LOAD_CORE, [process.execPath, script, 'origin', String(originPort)])];
  await untilListening(originPort, children[0] as never);
  const profile = process.argv.includes('--profile') ? ['--cpu-prof', `--cpu-prof-dir=${dir}`] : [];
  const subjects = new Map<string, { pid: number | undefined; port: number }>();
  const add = async (name: string, command: (port: number) => string[]): Promise<void> => {
    const port = await freePort();
    const child = start(PROXY_CORE, command(port));
    children.push(child);
    await untilListening(port, child);
    subjects.set(name, { pid: child.pid, port });
  };
  const run =
    (what: string, flags: string[] = []) =>
    (port: number) => [process.execPath, ...flags, script, what, String(port), String(originPort)];
  try {
    await add('codec', run('codec', profile));
    await add('node:http2', run('node'));
    const haproxy = programPath('haproxy');
    if (haproxy !== null) {
      await add('haproxy', (port) => {
        const config = join(dir, 'haproxy.cfg');
        writeFileSync(config, haproxyConfig(port, originPort));
        return [haproxy, '-f', config];
      });
    }
    for (const shape of SHAPES) measureShape(shape, subjects, dir);
  } finally {
    for (const child of children) child.kill('SIGINT');
    await Promise.all(
      children.map((child) => new Promise((resolve) => child.once('exit', resolve))),
    );
    if (profile.length === 0) rmSync(dir, { recursive: true });
    else console.log(`The profile is in ${dir}.`);
  }
}

function measureShape(
  shape: readonly string[],
  subjects: ReadonlyMap<string, { pid: number | undefined; port: number }>,
  dir: string,
): void {
  const seconds = option('seconds', 3);
  const rates = new Map<string, number[]>();
  const costs = new Map<string, number[]>();
  for (let round = 0; round < option('rounds', 3); round += 1) {
    for (const [name, { pid, port }] of subjects) {
      const before = cpuTimeUs(pid);
      const rate = load(port, shape, seconds, dir);
      rates.set(name, [...(rates.get(name) ?? []), rate]);
      costs.set(name, [...(costs.get(name) ?? []), (cpuTimeUs(pid) - before) / (rate * seconds)]);
    }
  }
  for (const [name, values] of rates) {
    const cost = median(costs.get(name) ?? []).toFixed(1);
    console.log(
      `${shape.join(' ').padEnd(10)} ${name.padEnd(11)} ${Math.round(median(values))} requests/s  ${cost} µs CPU/request`,
    );
  }
}

const [, , mode, port, originPort] = process.argv;
process.once('SIGINT', () => process.exit(0));
if (mode === 'origin') serveOrigin(Number(port));
else if (mode === 'codec') serveCodec(Number(port), Number(originPort));
else if (mode === 'node') serveNodeHttp2(Number(port), Number(originPort));
else await main();
