/** Two real proxies that meet at the inbound one's own port: what goes between them begins with a transport header. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { after, before, test } from 'node:test';
import { testAuthority } from '../src/testing/certified.ts';
import { startControlPlane } from '../src/testing/control-plane.ts';
import { checkExposition, sum } from '../src/testing/exposition.ts';
import { freePort, startProxy } from '../src/testing/proxy-process.ts';
import type { ProxyProcess } from '../src/testing/proxy-process.ts';

const SERVER = 'web.test.serviceaccount.identity.tulle.cluster.local';
const CLIENT = 'bot.test.serviceaccount.identity.tulle.cluster.local';

const cleanups: (() => unknown)[] = [];
let server: ProxyProcess;
let client: ProxyProcess;

async function listening(app: Server): Promise<number> {
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  cleanups.push(() => app.close());
  return (app.address() as AddressInfo).port;
}

before(async () => {
  const authority = await testAuthority();
  const mail = await listening(
    createServer((socket) => {
      socket.on('error', () => {});
      socket.write('220 ready\r\n');
      socket.on('data', (chunk) => socket.end(`250 ${String(chunk)}`));
    }),
  );
  const web = createHttpServer((req, res) => res.end(`hello ${req.url ?? ''}`));
  cleanups.push(() => web.closeAllConnections());
  const webPort = await listening(web);
  const inboundPort = await freePort();
  const meshed = { host: '127.0.0.1', identity: SERVER, inboundPort };
  const plane = await startControlPlane(authority, [
    {
      name: 'mail.test.svc.cluster.local',
      address: '10.96.0.25:25',
      port: 25,
      endpoints: [{ ...meshed, port: mail, hint: 'opaque' }],
      profile: { opaqueProtocol: true },
    },
    {
      name: 'web.test.svc.cluster.local',
      address: '10.96.0.80:80',
      port: 80,
      endpoints: [{ ...meshed, port: webPort, hint: 'h2' }],
    },
  ]);
  cleanups.push(() => plane.kill());
  const shared = { trustAnchorsPem: authority.trustAnchorsPem, controlPort: plane.port };
  const own = `127.0.0.1:${inboundPort}`;
  server = await startProxy({
    ...shared,
    identity: SERVER,
    inbound: [],
    outbound: ['10.96.0.200:80'],
    env: { LINKERD2_PROXY_INBOUND_ORIGINAL_DST_TABLE: `${own}=${own}` },
  });
  cleanups.push(() => server.kill());
  client = await startProxy({
    ...shared,
    identity: CLIENT,
    inbound: ['127.0.0.1:9'],
    outbound: ['10.96.0.25:25', '10.96.0.80:80'],
  });
  cleanups.push(() => client.kill());
});
after(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

test('a server that speaks first does so over mutual TLS', async () => {
  const socket = connect(client.outboundPorts[0] ?? 0, '127.0.0.1');
  const [greeting] = (await once(socket, 'data')) as [Buffer];
  assert.equal(String(greeting), '220 ready\r\n');
  socket.write('EHLO\r\n');
  let rest = '';
  for await (const chunk of socket) rest += String(chunk);
  assert.equal(rest, '250 EHLO\r\n');
  const page = checkExposition(await server.metrics());
  const labels = [`client_id="${CLIENT}"`, 'session_protocol=""', 'target_name=""'];
  assert.equal(sum(page, 'inbound_tcp_transport_header_connections_total', ...labels), 1);
  assert.equal(sum(page, 'inbound_tcp_authz_allow_total', 'tls="true"'), 1);
});

test('HTTP says which version it is and meets the policy of its port', async () => {
  for (const path of ['/a', '/b']) {
    const answer = await fetch(`http://127.0.0.1:${client.outboundPorts[1]}${path}`);
    assert.equal(await answer.text(), `hello ${path}`);
  }
  const page = checkExposition(await server.metrics());
  const header = 'inbound_tcp_transport_header_connections_total';
  assert.equal(sum(page, header, 'session_protocol="http/2"'), 1);
  const seen = ['direction="inbound"', `client_id="${CLIENT}"`, 'status_code="200"'];
  assert.equal(sum(page, 'response_total', ...seen), 2);
});

test('what comes to the port without a header is refused and counted', async () => {
  const port = Number(/^127\.0\.0\.1:(\d+)=/.exec(await tableOf(server))?.[1]);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
  const page = checkExposition(await server.metrics());
  assert.equal(sum(page, 'inbound_tcp_errors_total', 'error="unexpected"'), 1);
});

async function tableOf(proxy: ProxyProcess): Promise<string> {
  const page = await fetch(`http://127.0.0.1:${proxy.adminPort}/env.json`);
  const variables = (await page.json()) as Record<string, string>;
  return variables['LINKERD2_PROXY_INBOUND_ORIGINAL_DST_TABLE'] ?? '';
}
