/** The real proxy as a process of its own, started with the environment that it is started with everywhere. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createKeyAndRequest } from '@tulle/pki';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const READY_WITHIN_MS = 15_000;
/** Compiled sources, kept from one test to the next: half of what a start costs otherwise. */
const COMPILED = join(tmpdir(), `tulle-compiled-${process.getuid?.() ?? 0}`);

export interface Route {
  /** `ip:port` the connection was meant for. */
  readonly original: string;
}

export interface ProxyProcessOptions {
  readonly identity: string;
  readonly trustAnchorsPem: string;
  readonly controlPort: number;
  /** Originals of inbound and outbound listen addresses; each gets a free port. */
  readonly inbound: readonly string[];
  readonly outbound: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the program, `taskset -c 1` for example. */
  readonly launcher?: readonly string[];
  /** The program instead of the sources with this Node. */
  readonly program?: readonly string[];
}

export interface ProxyProcess {
  readonly child: ChildProcess;
  /** Ports of the inbound and outbound addresses, in the options' order. */
  readonly inboundPorts: readonly number[];
  readonly outboundPorts: readonly number[];
  readonly adminPort: number;
  /** What it wrote so far. */
  output(): string;
  metrics(): Promise<string>;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  kill(): void;
}

/** A port nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A proxy that is killed keeps nothing for the next one, so one that ends by itself, without variables, does it once. */
function fillCompiled(): void {
  if (existsSync(COMPILED)) return;
  spawnSync(process.execPath, [MAIN], { env: { NODE_COMPILE_CACHE: COMPILED } });
}

/** Starts a proxy and waits until it is ready. @throws Error with its output when it does not become so. */
export async function startProxy(options: ProxyProcessOptions): Promise<ProxyProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'tulle-proxy-'));
  const { keyDer, requestDer } = await createKeyAndRequest(options.identity);
  writeFileSync(join(dir, 'key.p8'), keyDer, { mode: 0o600 });
  writeFileSync(join(dir, 'csr.der'), requestDer, { mode: 0o600 });
  writeFileSync(join(dir, 'token'), 'test-token', { mode: 0o600 });
  const inboundPorts = await Promise.all(options.inbound.map(freePort));
  const outboundPorts = await Promise.all(options.outbound.map(freePort));
  const adminPort = await freePort();
  if (options.program === undefined) fillCompiled();
  const env = {
    PATH: process.env['PATH'] ?? '',
    NODE_COMPILE_CACHE: COMPILED,
    ...proxyEnvironment(options, dir, adminPort),
    LINKERD2_PROXY_INBOUND_ORIGINAL_DST_TABLE: table(inboundPorts, options.inbound),
    LINKERD2_PROXY_OUTBOUND_ORIGINAL_DST_TABLE: table(outboundPorts, options.outbound),
    ...options.env,
  };
  const program = options.program ?? [process.execPath, MAIN];
  const [command = '', ...args] = [...(options.launcher ?? []), ...program];
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-64 * 1024);
    });
  }
  child.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const running: ProxyProcess = {
    child,
    inboundPorts,
    outboundPorts,
    adminPort,
    output: () => text,
    metrics: async () => (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text(),
    stop: async () => {
      if (child.exitCode !== null) return child.exitCode;
      child.kill('SIGTERM');
      await once(child, 'exit');
      return child.exitCode;
    },
    kill: () => void child.kill('SIGKILL'),
  };
  await untilReady(running);
  return running;
}

function proxyEnvironment(
  options: ProxyProcessOptions,
  dir: string,
  adminPort: number,
): Record<string, string> {
  const control = `127.0.0.1:${options.controlPort}`;
  return {
    LINKERD2_PROXY_DESTINATION_SVC_ADDR: control,
    LINKERD2_PROXY_POLICY_SVC_ADDR: control,
    LINKERD2_PROXY_POLICY_WORKLOAD: '{"ns":"test","pod":"test"}',
    LINKERD2_PROXY_IDENTITY_SVC_ADDR: control,
    LINKERD2_PROXY_IDENTITY_DIR: dir,
    LINKERD2_PROXY_IDENTITY_TOKEN_FILE: join(dir, 'token'),
    LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS: options.trustAnchorsPem,
    LINKERD2_PROXY_IDENTITY_LOCAL_NAME: options.identity,
    LINKERD2_PROXY_DESTINATION_PROFILE_NETWORKS: '10.96.0.0/12',
    LINKERD2_PROXY_DESTINATION_PROFILE_SUFFIXES: 'svc.cluster.local.',
    LINKERD2_PROXY_ADMIN_LISTEN_ADDR: `127.0.0.1:${adminPort}`,
    LINKERD2_PROXY_CONTROL_LISTEN_ADDR: '127.0.0.1:0',
    LINKERD2_PROXY_SHUTDOWN_GRACE_PERIOD: '5s',
  };
}

function table(ports: readonly number[], originals: readonly string[]): string {
  return ports.map((port, i) => `127.0.0.1:${port}=${originals[i] ?? ''}`).join(',');
}

async function untilReady(proxy: ProxyProcess): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline && proxy.child.exitCode === null) {
    try {
      const response = await fetch(`http://127.0.0.1:${proxy.adminPort}/ready`);
      await response.text();
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  proxy.kill();
  throw new Error(`The proxy did not become ready:\n${proxy.output()}`);
}
