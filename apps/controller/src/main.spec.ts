import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PlatformState } from '@tulle/model';
import { loadOrCreateAuthority } from '@tulle/pki';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const STATE: PlatformState = {
  revision: 1,
  workloads: [],
  instances: [],
  services: [
    {
      ref: { kind: 'service', namespace: 'emojivoto', name: 'web-svc' },
      clusterIp: '10.96.0.1',
      ports: [],
      workloads: [{ kind: 'deployment', namespace: 'emojivoto', name: 'web' }],
    },
  ],
  rollouts: [],
};

let folder = '';
let runtime: Server;
let env: Record<string, string> = {};
const children = new Set<ChildProcess>();

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tulle-controller-'));
  const socket = join(folder, 'runtime.sock');
  runtime = createServer((request, response) => {
    if (request.url === '/v1/watch') response.write(`${JSON.stringify(STATE)}\n`);
    else response.writeHead(404).end('{}');
  });
  runtime.listen(socket);
  await once(runtime, 'listening');
  await loadOrCreateAuthority(join(folder, 'identity'), {
    controlPlaneNamespace: 'tulle',
    trustDomain: 'cluster.local',
  });
  const any = '127.0.0.1:0';
  env = {
    TULLE_RUNTIME_SOCKET: socket,
    TULLE_STATE_DIR: join(folder, 'state'),
    TULLE_IDENTITY_DIR: join(folder, 'identity'),
    TULLE_DESTINATION_ADDR: any,
    TULLE_IDENTITY_ADDR: any,
    TULLE_POLICY_ADDR: any,
    TULLE_ADMIN_ADDR: any,
    TULLE_WEB_ADDR: any,
    TULLE_LOG_FORMAT: 'json',
  };
});
after(() => {
  for (const child of children) child.kill('SIGKILL');
  runtime.closeAllConnections();
  runtime.close();
  rmSync(folder, { recursive: true, force: true });
});

function run(settings: Record<string, string>, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...args], { env: settings });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** The ports it says it listens on, once it is up. */
async function untilUp(child: ChildProcess): Promise<Record<string, number>> {
  assert.ok(child.stdout !== null && child.stderr !== null);
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line) as { msg: string; ports?: Record<string, number> };
    if (entry.msg === 'the controller is up') return entry.ports ?? {};
  }
  throw new Error(`it ended: ${complaint}`);
}

async function untilEnded(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout?.resume();
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

async function ask(port: number | undefined, path: string, init?: RequestInit): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, init);
}

const SAVE = {
  method: 'PUT',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    baseVersion: 0,
    spec: { routes: [{ name: 'home', condition: { pathRegex: '/' } }] },
  }),
};

test('what was saved survives kill -9, and SIGTERM ends it within 2 s', async () => {
  const first = run(env);
  const ports = await untilUp(first);
  assert.deepEqual(Object.keys(ports).sort(), [
    'admin',
    'destination',
    'identity',
    'policy',
    'web',
  ]);
  assert.equal((await ask(ports['admin'], '/ready')).status, 200);
  const version = (await (await ask(ports['web'], '/api/v1/version')).json()) as object;
  assert.partialDeepStrictEqual(version, { platform: 'local', trustDomain: 'cluster.local' });
  const profile = '/api/v1/profiles/emojivoto/web-svc';
  assert.equal((await ask(ports['web'], profile, SAVE)).status, 200);
  first.kill('SIGKILL');
  await once(first, 'exit');

  const second = run(env);
  const again = await untilUp(second);
  assert.partialDeepStrictEqual(await (await ask(again['web'], profile)).json(), { version: 1 });
  const stoppedAtMs = performance.now();
  second.kill('SIGTERM');
  const [code] = (await once(second, 'exit')) as [number | null];
  assert.equal(code, 0);
  assert.ok(performance.now() - stoppedAtMs < 2000);
});

test('a damaged database is moved aside and said so; the controller starts', async () => {
  const state = mkdtempSync(join(folder, 'damaged-'));
  writeFileSync(join(state, 'controller.db'), 'this is no database'.repeat(1000));
  const child = run({ ...env, TULLE_STATE_DIR: state });
  const lines: string[] = [];
  assert.ok(child.stdout !== null);
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.includes('the controller is up')) break;
  }
  assert.match(lines.join('\n'), /moved aside; both start empty/);
  child.kill('SIGTERM');
  await once(child, 'exit');
});

test('a faulty configuration is exit 64 with every fault, --help is exit 0', async () => {
  const faulty = await untilEnded(run({ TULLE_LOG_LEVEL: 'loud' }));
  assert.equal(faulty.code, 64);
  assert.match(faulty.stderr, /TULLE_RUNTIME_SOCKET must be set\n[^]*TULLE_LOG_LEVEL is "loud"/);
  assert.equal((await untilEnded(run({}, '--help'))).code, 0);
});

test('a taken port is exit 69 with the flag that chooses another, a missing authority too', async (t) => {
  const taken = createTcpServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const refused = await untilEnded(run(env, '--port', String(port)));
  assert.equal(refused.code, 69);
  assert.match(refused.stderr, new RegExp(`Port ${port} .*taken.*--port`));
  const nobody = await untilEnded(run({ ...env, TULLE_IDENTITY_DIR: join(folder, 'nothing') }));
  assert.equal(nobody.code, 69);
  assert.match(nobody.stderr, /issuer\.key/);
});

/** What promtool finds fault with. */
async function promtool(page: string): Promise<string> {
  const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'ignore', 'pipe'] });
  await once(child, 'spawn').catch((error: unknown) => {
    const sentence = 'promtool cannot be started; this test needs the Debian package prometheus.';
    throw new Error(sentence, { cause: error });
  });
  child.stdin.end(page);
  return (await untilEnded(child)).stderr;
}

test('promtool finds no fault with its metrics', async () => {
  const child = run(env);
  const { admin, web } = await untilUp(child);
  await (await ask(web, '/api/v1/version')).text();
  const page = await (await ask(admin, '/metrics')).text();
  assert.match(page, /^process_cpu_seconds_total /m);
  // The names of Node's own numbers are not ours to choose.
  assert.equal(await promtool(page), '');
  child.kill('SIGTERM');
  await untilEnded(child);
});
