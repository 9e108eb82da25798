/**
 * Two workloads on addresses of their own whose connections the kernel redirects to their proxies: applications and clients
 * know nothing of it. Needs Linux and root; fails with the reason where there is neither.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createKeyAndRequest } from '@tulle/pki';
import type { PlannedService } from '../src/testing/control-plane.ts';
import { CLIENT, SERVER, sumOf } from '../src/testing/mesh.ts';
import { ADDRESSES, openNetworkPair } from '../src/testing/network-pair.ts';
import type { NetworkPair } from '../src/testing/network-pair.ts';
import type { PlaneStarted } from '../src/testing/transparent-plane.ts';

const path = (name: string): string => fileURLToPath(new URL(`../src/${name}`, import.meta.url));
/** The proxy runs in this group, by which its own connections are known; root reads the sources wherever they lie. */
const PROXY_GID = '2102';
const AS_PROXY = ['setpriv', `--regid=${PROXY_GID}`, '--clear-groups'];
const PLANE_PORTS = '10000-65535';

function service(
  name: string,
  address: string,
  endpoint: PlannedService['endpoints'][0],
): PlannedService {
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  return { name: `${name}.test.svc.cluster.local`, address, port, endpoints: [endpoint] };
}

const { ipv4, ipv6 } = ADDRESSES.neighbour;
const meshed = { identity: SERVER, hint: 'h2' } as const;
const SERVICES: readonly PlannedService[] = [
  service('web', '10.96.0.2:80', { ...meshed, host: ipv4, port: 8080 }),
  service('web-six', '[fd96::2]:80', { ...meshed, host: ipv6, port: 8080 }),
  service('echo', '10.96.0.3:81', { ...meshed, host: ipv4, port: 8081 }),
  {
    ...service('mail', '10.96.0.4:25', {
      identity: SERVER,
      hint: 'opaque',
      inboundPort: 4143,
      host: ipv4,
      port: 3306,
    }),
    profile: { opaqueProtocol: true },
  },
  service('back', '10.96.0.5:80', {
    identity: CLIENT,
    hint: 'h2',
    host: ADDRESSES.pod.ipv4,
    port: 8080,
  }),
];

let network: NetworkPair;
const dirs: string[] = [];

async function startPlane(): Promise<PlaneStarted> {
  const command = [
    process.execPath,
    path('testing/transparent-plane.ts'),
    '0.0.0.0',
    JSON.stringify(SERVICES),
  ];
  const child = network.spawn(network.neighbour, command);
  assert.ok(child.stdout !== null);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return JSON.parse(String(line)) as PlaneStarted;
}

/** A control plane elsewhere would need TLS, which is tried in other tests: here it is on everyone's loopback. */
async function relayPlane({ port }: PlaneStarted): Promise<void> {
  const script = `
    const net = require('net');
    net.createServer((near) => {
      const far = net.connect(${port}, '${ipv4}');
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) socket.on('error', () => { near.destroy(); far.destroy(); });
    }).listen(${port}, '127.0.0.1', () => console.log('listening'));`;
  await network.start(network.pod, [...AS_PROXY, process.execPath, '-e', script]);
}

/** As a cluster starts it: addresses of listeners are the defaults, no table says where anything was meant to go. */
async function startProxy(where: string, identity: string, plane: PlaneStarted): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'tulle-transparent-'));
  dirs.push(dir);
  const { keyDer, requestDer } = await createKeyAndRequest(identity);
  writeFileSync(join(dir, 'key.p8'), keyDer);
  writeFileSync(join(dir, 'csr.der'), requestDer);
  writeFileSync(join(dir, 'token'), 'test-token');
  const control = `127.0.0.1:${plane.port}`;
  const env: Record<string, string> = {
    DESTINATION_SVC_ADDR: control,
    POLICY_SVC_ADDR: control,
    POLICY_WORKLOAD: '{"ns":"test","pod":"test"}',
    IDENTITY_SVC_ADDR: control,
    IDENTITY_DIR: dir,
    IDENTITY_TOKEN_FILE: join(dir, 'token'),
    IDENTITY_TRUST_ANCHORS: plane.trustAnchorsPem,
    IDENTITY_LOCAL_NAME: identity,
    DESTINATION_PROFILE_NETWORKS: '10.0.0.0/8,fd00::/8',
    INBOUND_LISTEN_ADDR: '[::]:4143',
    OUTBOUND_LISTEN_ADDRS: '127.0.0.1:4140,[::1]:4140',
  };
  const words = Object.entries(env).map(([name, value]) => `LINKERD2_PROXY_${name}=${value}`);
  const as = [...AS_PROXY, 'env', ...words];
  network.spawn(where, [...as, process.execPath, path('main.ts')]).stdout?.resume();
  for (let i = 0; i < 200; i += 1) {
    await pause(100);
    if (curl(where, 'http://127.0.0.1:4191/ready').includes('200 OK')) return;
  }
  throw new Error(`The proxy of ${identity} did not become ready.`);
}

/** What curl writes, head and trailers with it; empty where it fails. */
function curl(where: string, ...args: string[]): string {
  try {
    return network.run(where, ['curl', '--silent', '--include', '--max-time', '10', ...args]);
  } catch {
    return '';
  }
}

function metrics(where: string): string {
  return curl(where, 'http://127.0.0.1:4191/metrics');
}

describe('two workloads whose connections are redirected', () => {
  before(async () => {
    network = openNetworkPair();
    const plane = await startPlane();
    for (const where of [network.pod, network.neighbour]) {
      const isPod = where === network.pod;
      await network.start(where, [
        process.execPath,
        path('testing/transparent-app.ts'),
        isPod ? 'pod' : 'neighbour',
      ]);
      network.run(where, [
        process.execPath,
        path('init/main.ts'),
        'redirect',
        `--proxy-gid=${PROXY_GID}`,
        `--inbound-ports-to-ignore=4190,4191,${PLANE_PORTS}`,
      ]);
    }
    network.run(network.neighbour, ['ip', 'route', 'add', 'default', 'via', ADDRESSES.pod.ipv4]);
    await relayPlane(plane);
    await startProxy(network.neighbour, SERVER, plane);
    await startProxy(network.pod, CLIENT, plane);
  });
  after(async () => {
    await network?.close();
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  });

  it('HTTP/1 to a service has mutual TLS, and the application is told who its client is', () => {
    const answer = curl(network.pod, 'http://10.96.0.2/a');
    assert.match(answer, /^HTTP\/1\.1 200 OK/);
    assert.ok(answer.endsWith(`neighbour /a for ${CLIENT}\n`), answer);
    const page = metrics(network.neighbour);
    assert.equal(sumOf(page, 'response_total', 'direction="inbound"', `client_id="${CLIENT}"`), 1);
  });

  it('so has IPv6', () => {
    assert.ok(curl(network.pod, 'http://[fd96::2]/six').endsWith(`neighbour /six for ${CLIENT}\n`));
  });

  it('gRPC over HTTP/2 keeps its trailers', () => {
    const answer = curl(
      network.pod,
      '--http2-prior-knowledge',
      '--header',
      'content-type: application/grpc',
      '--header',
      'te: trailers',
      '--data-binary',
      'x',
      'http://10.96.0.3:81/test.Echo/Unary',
    );
    assert.match(answer, /^HTTP\/2 200/);
    assert.match(answer, new RegExp(`neighbour /test.Echo/Unary for ${CLIENT}`));
    assert.match(answer, /grpc-status: 0/);
  });

  it('a server that speaks first is heard at once, over mutual TLS', () => {
    const script = `
      const socket = require('net').connect(25, '10.96.0.4');
      socket.once('data', (chunk) => { process.stdout.write(chunk); socket.write('EHLO'); });
      socket.on('data', (chunk) => process.stdout.write(chunk)).on('error', (error) => console.log(error.code));
      setTimeout(() => { console.log('silence'); process.exit(); }, 5000).unref();`;
    const said = network.run(network.pod, [process.execPath, '-e', script]);
    assert.match(said, /^220 neighbour greets\r\n[^]*250 EHLO$/);
    const page = metrics(network.neighbour);
    assert.ok(
      sumOf(page, 'tcp_open_total', 'direction="inbound"', 'tls="true"', `client_id="${CLIENT}"`) >
        0,
    );
  });

  it('an address that is no service is reached as it is', () => {
    const answer = curl(network.pod, `http://${ipv4}:8080/direct`);
    assert.match(answer, /neighbour \/direct for a stranger\n$/);
  });

  it('the other way goes as well', () => {
    const answer = curl(network.neighbour, 'http://10.96.0.5/back');
    assert.ok(answer.endsWith(`pod /back for ${SERVER}\n`), answer);
  });
});
