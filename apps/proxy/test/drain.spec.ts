/** SIGTERM under load, each with the count of requests lost: real proxies, HTTP/1 and HTTP/2 clients, opaque connections. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { Agent, createServer as createHttpServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, before, test } from 'node:test';
import type { Authority } from '@tulle/pki';
import { testAuthority } from '../src/testing/certified.ts';
import { startControlPlane } from '../src/testing/control-plane.ts';
import type { PlannedEndpoint } from '../src/testing/control-plane.ts';
import { startProxy } from '../src/testing/proxy-process.ts';
import type { ProxyProcess } from '../src/testing/proxy-process.ts';

const SERVER = 'web.test.serviceaccount.identity.tulle.cluster.local';
const CLIENT = 'bot.test.serviceaccount.identity.tulle.cluster.local';

let authority: Authority;
let cleanups: (() => unknown)[] = [];
before(async () => {
  authority = await testAuthority();
});
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  cleanups = [];
});

async function listening(app: Server): Promise<number> {
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  cleanups.push(() => app.close());
  return (app.address() as AddressInfo).port;
}

async function webApp(): Promise<number> {
  const app = createHttpServer((_req, res) => setTimeout(() => res.end('whole'), 5));
  // The application keeps connections longer than any test.
  app.keepAliveTimeout = 60_000;
  cleanups.push(() => app.closeAllConnections());
  return listening(app);
}

async function webApp2(): Promise<number> {
  return listening(createHttp2Server((_req, res) => void setTimeout(() => res.end('whole'), 5)));
}

/** An outbound proxy before `count` inbound ones, all with the same application behind. */
async function mesh(count: number, hint?: 'h2') {
  const endpoints: PlannedEndpoint[] = [];
  const endpoints2: PlannedEndpoint[] = [];
  const echo = createServer((socket) => socket.pipe(socket));
  const raw = [{ host: '127.0.0.1', port: await listening(echo), identity: null }];
  const plane = await startControlPlane(authority, [
    { name: 'web.test.svc.cluster.local', address: '10.96.0.2:80', port: 80, endpoints },
    {
      name: 'web2.test.svc.cluster.local',
      address: '10.96.0.4:80',
      port: 80,
      endpoints: endpoints2,
    },
    {
      name: 'echo.test.svc.cluster.local',
      address: '10.96.0.3:7',
      port: 7,
      endpoints: raw,
      profile: { opaqueProtocol: true },
    },
  ]);
  cleanups.push(() => plane.kill());
  const shared = { trustAnchorsPem: authority.trustAnchorsPem, controlPort: plane.port };
  const servers: ProxyProcess[] = [];
  const apps = [await webApp(), await webApp2()];
  for (let index = 0; index < count; index++) {
    const server = await startProxy({
      ...shared,
      identity: SERVER,
      inbound: apps.map((app) => `127.0.0.1:${app}`),
      outbound: ['10.96.0.200:80'],
    });
    cleanups.push(() => server.kill());
    for (const [index, list] of [endpoints, endpoints2].entries()) {
      const port = server.inboundPorts[index] ?? 0;
      list.push({ host: '127.0.0.1', port, identity: SERVER, ...(hint && { hint }) });
    }
    servers.push(server);
  }
  const client = await startProxy({
    ...shared,
    identity: CLIENT,
    inbound: ['127.0.0.1:9'],
    outbound: ['10.96.0.2:80', '10.96.0.4:80', '10.96.0.3:7'],
    env: { LINKERD2_PROXY_SHUTDOWN_GRACE_PERIOD: '3s' },
  });
  cleanups.push(() => client.kill());
  return { client, servers };
}

interface Tally {
  whole: number;
  /** Sent on an open connection and not answered. */
  readonly lost: string[];
  /** No connection could be opened any more. */
  refused: number;
}

/** Clients that send one request after the other until `isOver`. */
function load(
  { outboundPorts: [port = 0, port2 = 0] }: ProxyProcess,
  isOver: () => boolean,
): { tally: Tally; done: Promise<unknown> } {
  const tally: Tally = { whole: 0, lost: [], refused: 0 };
  const loops = Array.from({ length: 12 }, () => http1Loop(port, tally, isOver));
  loops.push(...Array.from({ length: 3 }, () => http2Loop(port2, tally, isOver)));
  return { tally, done: Promise.all(loops) };
}

function note(tally: Tally, reason: unknown): void {
  const error = reason as NodeJS.ErrnoException;
  if (error.code === 'ECONNREFUSED') tally.refused += 1;
  else tally.lost.push(error.message);
}

async function http1Loop(port: number, tally: Tally, isOver: () => boolean): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  while (!isOver() && tally.refused < 1000) {
    try {
      const req = request({ port, host: '127.0.0.1', agent, path: '/' });
      req.end();
      const [res] = (await once(req, 'response')) as [IncomingMessage];
      let body = '';
      for await (const chunk of res) body += String(chunk);
      if (res.statusCode === 200 && body === 'whole') tally.whole += 1;
      else tally.lost.push(`${res.statusCode} ${String(res.headers['l5d-proxy-error'])}`);
    } catch (error) {
      note(tally, error);
    }
  }
  agent.destroy();
}

async function http2Loop(port: number, tally: Tally, isOver: () => boolean): Promise<void> {
  let session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on('error', (error) => note(tally, error));
  while (!isOver() && tally.refused < 1000) {
    if (session.closed || session.destroyed) {
      session = connectHttp2(`http://127.0.0.1:${port}`);
      session.on('error', (error) => note(tally, error));
      await new Promise((resolve) => session.once('connect', resolve).once('close', resolve));
      continue;
    }
    try {
      const stream = session.request({ ':path': '/' });
      const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
      let body = '';
      for await (const chunk of stream) body += String(chunk);
      if (head[':status'] === 200 && body === 'whole') tally.whole += 1;
      else tally.lost.push(`${String(head[':status'])} ${String(head['l5d-proxy-error'])}`);
    } catch (error) {
      note(tally, error);
    }
  }
  session.destroy();
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

for (const hint of [undefined, 'h2'] as const) {
  test(`one of two inbound proxies ends (${hint ?? 'http/1'}): no request is lost`, async () => {
    const { servers, client } = await mesh(2, hint);
    let isOver = false;
    const { tally, done } = load(client, () => isOver);
    await until(() => tally.whole >= 200);
    assert.equal(await servers[0]?.stop(), 0);
    const answered = tally.whole;
    await until(() => tally.whole >= answered + 200);
    isOver = true;
    await done;
    assert.deepEqual(tally.lost, []);
    assert.equal(tally.refused, 0);
  });
}

test('an outbound proxy ends: every request on an open connection is answered', async () => {
  const { client } = await mesh(1);
  const { tally, done } = load(client, () => client.child.exitCode !== null);
  await until(() => tally.whole >= 200);
  assert.equal(await client.stop(), 0);
  await done;
  assert.deepEqual(tally.lost, []);
});

test('opaque connections are waited for, and cut when the grace period has passed', async () => {
  const { client } = await mesh(1);
  const talk = async () => {
    const socket = connect(client.outboundPorts[2] ?? 0, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('a');
    await once(socket, 'data');
    return socket;
  };
  const [polite, endless] = [await talk(), await talk()];
  const startedAtMs = performance.now();
  const stopped = client.stop();
  await new Promise((resolve) => setTimeout(resolve, 300));
  polite.write('b');
  const [echoed] = (await once(polite, 'data')) as [Buffer];
  assert.equal(String(echoed), 'b', 'still served');
  polite.end();
  const cut = once(endless, 'close');
  assert.equal(await stopped, 0);
  await cut;
  const tookMs = performance.now() - startedAtMs;
  assert.ok(tookMs >= 2900 && tookMs < 20_000, String(tookMs));
});
