/** The metrics page of real proxies: Linkerd's families with its labels, clean to Prometheus, bounded whatever clients send. */
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { testAuthority } from '../src/testing/certified.ts';
import { startControlPlane } from '../src/testing/control-plane.ts';
import { checkExposition, sum } from '../src/testing/exposition.ts';
import { startProxy } from '../src/testing/proxy-process.ts';
import type { ProxyProcess } from '../src/testing/proxy-process.ts';

const SERVER = 'web.test.serviceaccount.identity.tulle.cluster.local';
const CLIENT = 'bot.test.serviceaccount.identity.tulle.cluster.local';
const HOST = 'web.test.svc.cluster.local';

const cleanups: (() => unknown)[] = [];
let server: ProxyProcess;
let client: ProxyProcess;

before(async () => {
  const authority = await testAuthority();
  const web = createHttpServer((req, res) => {
    req.resume();
    req.on('end', () => res.end('hello'));
  });
  cleanups.push(() => web.closeAllConnections());
  const echo = createServer((socket) => socket.pipe(socket));
  const endpoints: { host: string; port: number; identity: string; hint?: 'h2' }[] = [];
  const opaque = [{ host: '127.0.0.1', port: await listening(echo), identity: null }];
  const plane = await startControlPlane(authority, [
    { name: HOST, address: '10.96.0.2:80', port: 80, endpoints },
    {
      name: 'echo.test.svc.cluster.local',
      address: '10.96.0.3:7',
      port: 7,
      endpoints: opaque,
      profile: { opaqueProtocol: true },
    },
  ]);
  cleanups.push(() => plane.kill());
  const shared = { trustAnchorsPem: authority.trustAnchorsPem, controlPort: plane.port };
  server = await startProxy({
    ...shared,
    identity: SERVER,
    inbound: [`127.0.0.1:${await listening(web)}`],
    outbound: ['10.96.0.200:80'],
  });
  cleanups.push(() => server.kill());
  endpoints.push({ host: '127.0.0.1', port: server.inboundPorts[0] ?? 0, identity: SERVER });
  client = await startProxy({
    ...shared,
    identity: CLIENT,
    inbound: ['127.0.0.1:9'],
    outbound: ['10.96.0.2:80', '10.96.0.3:7'],
    env: {
      LINKERD2_PROXY_METRICS_RETAIN_IDLE: '300ms',
      LINKERD2_PROXY_OUTBOUND_DISCOVERY_IDLE_TIMEOUT: '100ms',
    },
  });
  cleanups.push(() => client.kill());
});
after(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

async function listening(app: Server): Promise<number> {
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  cleanups.push(() => app.close());
  return (app.address() as AddressInfo).port;
}

function post(host: string, path: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 3\r\n\r\nabc`;
}

/** Sends requests over one connection and waits for as many answers. */
async function exchange(socket: Socket, requests: readonly string[]): Promise<void> {
  let answers = 0;
  const done = Promise.withResolvers<void>();
  const onData = (chunk: Buffer): void => {
    answers += chunk.toString('latin1').split('HTTP/1.1 200 OK').length - 1;
    if (answers === requests.length) done.resolve();
  };
  socket.on('data', onData);
  socket.write(requests.join(''));
  await done.promise;
  socket.off('data', onData);
}

async function promtool(page: string): Promise<string> {
  const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin.end(page);
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return stderr;
}

test('what a request and a connection leave behind has the names and labels of Linkerd', async () => {
  const socket = connect(client.outboundPorts[0] ?? 0, '127.0.0.1');
  await exchange(socket, [post(HOST, '/a'), post(HOST, '/b')]);
  const echoed = connect(client.outboundPorts[1] ?? 0, '127.0.0.1');
  echoed.write('hello');
  await once(echoed, 'data');
  const outbound = checkExposition(await client.metrics());
  const inbound = checkExposition(await server.metrics());
  echoed.destroy();
  socket.destroy();
  const service = ['parent_group="core"', 'parent_kind="Service"', 'parent_name="web"'];
  const web = [...service, 'parent_namespace="test"', 'parent_port="80"', 'backend_name="web"'];
  const balancer = 'outbound_http_balancer';
  assert.equal(sum(outbound, `${balancer}_endpoints`, ...web, 'endpoint_state="ready"'), 1);
  assert.equal(sum(outbound, `${balancer}_endpoints`, ...web, 'endpoint_state="pending"'), 0);
  assert.equal(sum(outbound, `${balancer}_p2c_endpoints`, ...web), 1);
  assert.equal(sum(outbound, `${balancer}_p2c_updates_total`, ...web, 'op="Add"'), 1);
  assert.equal(sum(outbound, `${balancer}_p2c_updates_total`, ...web, 'op="Reset"'), 1);
  assert.equal(sum(outbound, `${balancer}_queue_length`, ...web), 0);
  assert.ok(sum(outbound, `${balancer}_queue_requests_total`, ...web) >= 2);
  assert.ok(sum(outbound, `${balancer}_queue_latency_seconds_bucket`, ...web, 'le="3"') >= 2);
  assert.equal(sum(outbound, `${balancer}_queue_gate_timeout_seconds`, ...web), 3);
  assert.equal(sum(outbound, 'outbound_tcp_detect_http_results_total', 'result="http/1"'), 1);
  const protocols = 'outbound_tcp_protocol_connections_total';
  assert.equal(sum(outbound, protocols, ...service, 'protocol="detect"'), 1);
  assert.equal(sum(outbound, protocols, 'parent_name="echo"', 'protocol="opaq"'), 1);
  const cost = 'outbound_tcp_transfer_cost_bytes_total';
  assert.ok(outbound.has(`${cost}{op="Send",zone_locality="Unknown"}`));
  assert.ok(outbound.has('control_identity_cert_refreshes_total{result="ok"}'));
  assert.ok(outbound.has('process_network_receive_bytes_total'));
  const route = [
    'parent_name="all-unauthenticated"',
    'route_kind="default"',
    'route_name="default"',
  ];
  assert.equal(sum(inbound, 'inbound_http_requests_total', ...route), 2);
  assert.equal(sum(inbound, 'inbound_http_statuses_total', ...route, 'status="200"'), 2);
  for (const name of ['request_duration_seconds', 'response_duration_seconds']) {
    assert.equal(sum(inbound, `inbound_http_${name}_count`, ...route), 2, name);
  }
  assert.equal(sum(inbound, 'inbound_http_request_frame_size_bytes_sum', ...route), 6);
  assert.equal(sum(inbound, 'inbound_http_response_frame_size_bytes_sum', ...route), 10);
  const detected = ['srv_name="all-unauthenticated"', 'result="http/1"'];
  assert.equal(sum(inbound, 'inbound_tcp_detect_http_results_total', ...detected), 1);
});

test('promtool finds nothing but Linkerd’s own milliseconds', async () => {
  for (const proxy of [client, server]) {
    const findings = (await promtool(await proxy.metrics())).split('\n').filter(Boolean);
    const others = findings.filter((line) => !/^\w*_ms metric names should not contain/.test(line));
    assert.deepEqual(others, []);
  }
});

test('10,000 hosts and paths at random make no series', async () => {
  const socket = connect(client.outboundPorts[0] ?? 0, '127.0.0.1');
  await exchange(socket, [post(HOST, '/first')]);
  const before = [await client.metrics(), await server.metrics()].map(seriesOf);
  for (let batch = 0; batch < 100; batch++) {
    const requests = Array.from({ length: 100 }, (_each, index) => {
      const random = `${batch}x${index}x${Math.random().toString(36).slice(2)}`;
      return post(`${random}.test.svc.cluster.local`, `/${random}?${random}`);
    });
    await exchange(socket, requests);
  }
  const later = [await client.metrics(), await server.metrics()].map(seriesOf);
  for (const [index, names] of later.entries()) {
    const fresh = [...names].filter((name) => before[index]?.has(name) !== true);
    assert.deepEqual(fresh, []);
  }
  socket.destroy();
});

test('the series of a service that nobody calls any more are forgotten', async () => {
  const socket = connect(client.outboundPorts[1] ?? 0, '127.0.0.1');
  socket.write('x');
  await once(socket, 'data');
  const named = (page: ReadonlyMap<string, number>): boolean =>
    [...page.keys()].some((key) => key.includes('parent_name="echo"'));
  assert.ok(named(checkExposition(await client.metrics())));
  socket.destroy();
  for (let attempt = 0; attempt < 100; attempt++) {
    if (!named(checkExposition(await client.metrics()))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail('they are still there');
});

function seriesOf(page: string): Set<string> {
  return new Set(checkExposition(page).keys());
}
