/** Two real proxy processes whose controller says that meshed endpoints take HTTP/1 carried as HTTP/2. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import type { Authority } from '@tulle/pki';
import { WebSocket, WebSocketServer, type RawData } from 'ws';
import { testAuthority } from '../src/testing/certified.ts';
import { startControlPlane } from '../src/testing/control-plane.ts';
import type { PlannedEndpoint, PlannedService } from '../src/testing/control-plane.ts';
import { startProxy } from '../src/testing/proxy-process.ts';
import type { ProxyProcess } from '../src/testing/proxy-process.ts';

const SERVER = 'web.test.serviceaccount.identity.tulle.cluster.local';
const CLIENT = 'bot.test.serviceaccount.identity.tulle.cluster.local';
const WEB = { name: 'web.test.svc.cluster.local', address: '10.96.0.2:80', port: 80 };

let authority: Authority;
let cleanups: (() => unknown)[] = [];
before(async () => {
  authority = await testAuthority();
});
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  cleanups = [];
});
after(() => undefined);

interface Pair {
  readonly port: number;
  readonly client: ProxyProcess;
  readonly server: ProxyProcess;
}

async function startApp(listener: RequestListener): Promise<Server> {
  const app = createServer(listener).listen(0, '127.0.0.1');
  await once(app, 'listening');
  cleanups.push(() => {
    app.close();
    app.closeAllConnections();
  });
  return app;
}

async function meshedPair(app: Server, profile: PlannedService['profile'] = {}): Promise<Pair> {
  const { port: appPort } = app.address() as AddressInfo;
  const endpoints: PlannedEndpoint[] = [];
  const plane = await startControlPlane(authority, [{ ...WEB, endpoints, profile }]);
  cleanups.push(() => plane.kill().catch(() => {}));
  const shared = { trustAnchorsPem: authority.trustAnchorsPem, controlPort: plane.port };
  const server = await startProxy({
    ...shared,
    identity: SERVER,
    inbound: [`127.0.0.1:${appPort}`],
    outbound: ['10.96.0.200:80'],
  });
  cleanups.push(() => server.kill());
  const [port = 0] = server.inboundPorts;
  endpoints.push({ host: '127.0.0.1', port, identity: SERVER, hint: 'h2' });
  const client = await startProxy({
    ...shared,
    identity: CLIENT,
    inbound: ['127.0.0.1:9'],
    outbound: [WEB.address],
  });
  cleanups.push(() => client.kill());
  return { port: client.outboundPorts[0] ?? 0, client, server };
}

/** Sum of the samples of a metric whose labels hold all of these. */
function sum(exposition: string, name: string, ...labels: string[]): number {
  let total = 0;
  for (const line of exposition.split('\n')) {
    if (!line.startsWith(`${name}{`) || !labels.every((label) => line.includes(label))) continue;
    total += Number(line.slice(line.lastIndexOf(' ')));
  }
  return total;
}

function textOf(data: RawData): string {
  assert.ok(Buffer.isBuffer(data));
  return data.toString();
}

test('many clients share one mutual TLS connection, and both proxies count every request', async () => {
  const app = await startApp((req, res) => {
    res.statusCode = req.url === '/bad' ? 500 : 200;
    res.end(String(req.headers['l5d-client-id']));
  });
  const { port, client, server } = await meshedPair(app);
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  assert.equal(await (await ask('/first')).text(), CLIENT);
  const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => ask(`/${i}`)));
  for (const answer of answers)
    assert.deepEqual([answer.status, await answer.text()], [200, CLIENT]);
  assert.equal((await ask('/bad')).status, 500);
  const [outbound, inbound] = [await client.metrics(), await server.metrics()];
  const toServer = ['direction="outbound"', `server_id="${SERVER}"`];
  assert.equal(sum(outbound, 'request_total', ...toServer), 32);
  assert.equal(sum(outbound, 'response_total', ...toServer, 'classification="success"'), 31);
  assert.equal(sum(outbound, 'response_total', ...toServer, 'status_code="500"'), 1);
  assert.equal(sum(outbound, 'response_latency_ms_count', ...toServer), 32);
  assert.equal(sum(outbound, 'tcp_open_total', ...toServer, 'peer="dst"'), 1);
  assert.equal(sum(outbound, 'tcp_open_connections', ...toServer, 'peer="dst"'), 1);
  const fromClient = ['direction="inbound"', `client_id="${CLIENT}"`];
  assert.equal(sum(inbound, 'request_total', ...fromClient), 32);
  assert.equal(sum(inbound, 'response_total', ...fromClient, 'classification="failure"'), 1);
});

test('a route keeps its timeout and its numbers', async () => {
  const app = await startApp((req, res) => {
    if (req.url !== '/slow') res.end('quick');
  });
  const pathOf = (path: string) => ({
    condition: { match: { case: 'path' as const, value: { regex: path } } },
  });
  const { port, client, server } = await meshedPair(app, {
    routes: [
      {
        ...pathOf('/slow'),
        metricsLabels: { route: 'slow' },
        timeout: { seconds: 0n, nanos: 100_000_000 },
      },
      { ...pathOf('/quick'), metricsLabels: { route: 'quick' } },
    ],
  });
  assert.equal((await fetch(`http://127.0.0.1:${port}/slow`)).status, 504);
  const headers = { Host: 'web.test.svc.cluster.local' };
  assert.equal((await fetch(`http://127.0.0.1:${port}/quick`, { headers })).status, 200);
  const outbound = await client.metrics();
  assert.equal(sum(outbound, 'route_response_total', 'rt_route="slow"', 'error="timeout"'), 1);
  assert.equal(sum(outbound, 'route_response_total', 'rt_route="quick"', '"success"'), 1);
  assert.match(
    await server.metrics(),
    /route_request_total\{direction="inbound"[^}]*rt_route="quick"/,
  );
});

test('a WebSocket goes through the pair while requests do', async () => {
  const app = await startApp((_, res) => res.end('page'));
  const sockets = new WebSocketServer({ server: app });
  sockets.on('connection', (socket) =>
    socket.on('message', (data) => socket.send(`${textOf(data)} back`)),
  );
  const { port } = await meshedPair(app);
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'page');
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(socket, 'open');
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(textOf(data)));
  for (const word of ['one', 'two']) {
    socket.send(word);
    await once(socket, 'message');
  }
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'page');
  const closed = once(socket, 'close');
  socket.close();
  await closed;
  assert.deepEqual(heard, ['one back', 'two back']);
});

test('draining proxies answer what is under way', async () => {
  const asked = Promise.withResolvers<void>();
  const app = await startApp((_, res) => {
    asked.resolve();
    setTimeout(() => res.end('finished'), 200);
  });
  const { port, client, server } = await meshedPair(app);
  const answer = fetch(`http://127.0.0.1:${port}/`);
  await asked.promise;
  const stopped = Promise.all([client.stop(), server.stop()]);
  assert.equal(await (await answer).text(), 'finished');
  assert.deepEqual(await stopped, [0, 0]);
});
