/** The programs compared: each forwards 127.0.0.1:port to the origin on one core. */
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Authority } from '@tulle/pki';
import { testAuthority } from '../src/testing/certified.ts';
import { startControlPlane } from '../src/testing/control-plane.ts';
import { freePort, startProxy } from '../src/testing/proxy-process.ts';
import { nginxOriginConfig } from './origin.ts';
import { LOAD_CORE, PROXY_CORE, pinned, programPath, start, untilListening } from './machine.ts';

export interface Running {
  readonly name: string;
  readonly port: number;
  readonly pid: number | undefined;
  /** Where it is several processes. */
  readonly pids?: readonly (number | undefined)[];
  stop(): Promise<void>;
}

/** A measured program; null from `start` when it is not installed. */
export interface Peer {
  readonly name: string;
  start(originPort: number, dir: string): Promise<Running | null>;
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export interface TulleOptions {
  /** Gets its CPU profile when it stops. */
  readonly profileDir?: string;
  /** Another checkout's, to compare. */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface TulleRunning extends Running {
  readonly authority: Authority;
  /** Whom it lets observe. */
  readonly tapName: string;
}

/** The proxy as it is shipped (`bin/tulle-proxy`), outbound, discovery, balancing, counters and tap on. */
export async function startTulle(
  originPort: number,
  { profileDir, program = here('../../../bin/tulle-proxy'), env }: TulleOptions = {},
): Promise<TulleRunning> {
  const tapName = 'tap.tulle.serviceaccount.identity.tulle.cluster.local';
  const identity = 'bench.bench.serviceaccount.identity.tulle.cluster.local';
  const authority = await testAuthority();
  const endpoints = [{ host: '127.0.0.1', port: originPort, identity: null }];
  const service = { name: 'web.bench.svc.cluster.local', address: '10.96.0.2:80', port: 80 };
  const plane = await startControlPlane(authority, [{ ...service, endpoints }]);
  const profiled = [
    process.execPath,
    '--max-semi-space-size=2',
    '--single-threaded-gc',
    '--cpu-prof',
    `--cpu-prof-dir=${profileDir}`,
    here('../dist/main.cjs'),
  ];
  const proxy = await startProxy({
    identity,
    trustAnchorsPem: authority.trustAnchorsPem,
    controlPort: plane.port,
    inbound: ['127.0.0.1:9'],
    outbound: [service.address],
    launcher: pinned(PROXY_CORE),
    program: profileDir === undefined ? [program] : profiled,
    env: { LINKERD2_PROXY_TAP_SVC_NAME: tapName, ...env },
  });
  return {
    name: 'tulle',
    authority,
    tapName,
    port: proxy.outboundPorts[0] ?? 0,
    pid: proxy.child.pid,
    stop: async () => {
      if (profileDir === undefined) proxy.kill();
      else await proxy.stop();
      await plane.kill();
    },
  };
}

export const tulle: Peer = { name: 'tulle', start: (originPort) => startTulle(originPort) };

export const nodeHttp: Peer = {
  name: 'node:http',
  start: async (originPort) => {
    const port = await freePort();
    const script = here('node-http-proxy.ts');
    const command = [process.execPath, script, String(port), String(originPort)];
    return running('node:http', port, start(PROXY_CORE, command));
  },
};

export const haproxy: Peer = {
  name: 'haproxy',
  start: async (originPort, dir) => {
    const program = programPath('haproxy');
    if (program === null) return null;
    const port = await freePort();
    const config = join(dir, 'haproxy.cfg');
    writeFileSync(
      config,
      `global
  nbthread 1
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  http-reuse always
listen bench
  bind 127.0.0.1:${port}
  server origin 127.0.0.1:${originPort}
`,
    );
    return running('haproxy', port, start(PROXY_CORE, [program, '-db', '-q', '-f', config]));
  },
};

export const nginx: Peer = {
  name: 'nginx',
  start: async (originPort, dir) => {
    const program = programPath('nginx');
    if (program === null) return null;
    const port = await freePort();
    const config = join(dir, 'nginx-proxy.conf');
    writeFileSync(
      config,
      `daemon off; master_process off; pid ${dir}/proxy.pid; error_log ${dir}/proxy.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000;
  upstream origin { server 127.0.0.1:${originPort}; keepalive 128; }
  server { listen 127.0.0.1:${port};
    location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
`,
    );
    return running('nginx', port, start(PROXY_CORE, [program, '-c', config]));
  },
};

export async function startOrigin(dir: string): Promise<Running> {
  const port = await freePort();
  const program = programPath('nginx');
  if (program === null) {
    const command = [process.execPath, here('origin.ts'), String(port)];
    return running('own origin', port, start(LOAD_CORE, command));
  }
  const config = join(dir, 'nginx-origin.conf');
  writeFileSync(config, nginxOriginConfig(port, dir));
  return running('nginx', port, start(LOAD_CORE, [program, '-c', config]));
}

/** Waits until a started program listens; `stop` ends it with SIGTERM. */
export async function running(name: string, port: number, child: ChildProcess): Promise<Running> {
  await untilListening(port, child);
  return {
    name,
    port,
    pid: child.pid,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}
