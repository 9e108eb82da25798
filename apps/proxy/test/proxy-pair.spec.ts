/** Two real proxy processes under a small real control plane: outbound → mutual TLS → inbound. */
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer as createHttpServer, request } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Authority } from '@tulle/pki';
import { testAuthority } from '../src/testing/certified.ts';
import { startControlPlane } from '../src/testing/control-plane.ts';
import type { ControlPlane, PlannedService } from '../src/testing/control-plane.ts';
import { freePort, startProxy } from '../src/testing/proxy-process.ts';
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

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function webApp(listener: RequestListener): Promise<number> {
  const server = createHttpServer(listener);
  cleanups.push(() => server.closeAllConnections());
  return listening(server);
}

async function controlPlane(services: readonly PlannedService[]): Promise<ControlPlane> {
  const plane = await startControlPlane(authority, services);
  cleanups.push(() => plane.kill().catch(() => {}));
  return plane;
}

async function proxy(
  identity: string,
  plane: ControlPlane,
  originals: { inbound?: string[]; outbound?: string[]; env?: Record<string, string> },
): Promise<ProxyProcess> {
  const running = await startProxy({
    identity,
    trustAnchorsPem: authority.trustAnchorsPem,
    controlPort: plane.port,
    inbound: originals.inbound ?? ['127.0.0.1:9'],
    outbound: originals.outbound ?? ['10.96.0.200:80'],
    env: originals.env ?? {},
  });
  cleanups.push(() => running.kill());
  return running;
}

/** An application behind an inbound proxy, and the port of an outbound proxy through which it is reached. */
async function meshedPair(appPort: number): Promise<{
  readonly port: number;
  readonly client: ProxyProcess;
  readonly server: ProxyProcess;
  readonly plane: ControlPlane;
}> {
  const endpoints: { host: string; port: number; identity: string | null }[] = [];
  const plane = await controlPlane([{ ...WEB, endpoints }]);
  const server = await proxy(SERVER, plane, { inbound: [`127.0.0.1:${appPort}`] });
  endpoints.push({ host: '127.0.0.1', port: server.inboundPorts[0] ?? 0, identity: SERVER });
  const client = await proxy(CLIENT, plane, { outbound: [WEB.address] });
  return { port: client.outboundPorts[0] ?? 0, client, server, plane };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function ask(
  port: number,
  path: string,
  options: { body?: string; agent?: Agent | false } = {},
): Promise<Answer> {
  const req = request({
    port,
    path,
    host: '127.0.0.1',
    method: options.body === undefined ? 'GET' : 'POST',
    headers: { Host: 'web.test.svc.cluster.local', 'l5d-client-id': 'forged' },
    agent: options.agent ?? false,
  });
  req.end(options.body);
  const [res]: IncomingMessage[] = await once(req, 'response');
  assert.ok(res !== undefined);
  let body = '';
  for await (const chunk of res) body += String(chunk);
  return { status: res.statusCode ?? 0, headers: res.headers, body };
}

async function exchangeRaw(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(bytes);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

describe('a meshed pair', () => {
  it('carries HTTP/1 over mutual TLS, tells the application who its client is, and counts', async () => {
    const seen: IncomingMessage['headers'][] = [];
    const appPort = await webApp((req, res) => {
      seen.push(req.headers);
      req.pipe(res);
    });
    const { port, client, server } = await meshedPair(appPort);
    const answer = await ask(port, '/a?b', { body: 'hello' });
    assert.deepEqual([answer.status, answer.body], [200, 'hello']);
    assert.equal(seen[0]?.['l5d-client-id'], CLIENT);
    assert.equal(seen[0]?.host, 'web.test.svc.cluster.local');
    assert.match(
      await client.metrics(),
      new RegExp(`request_total\\{[^}]*direction="outbound"[^}]*server_id="${SERVER}"`),
    );
    assert.match(
      await server.metrics(),
      new RegExp(`response_total\\{[^}]*direction="inbound"[^}]*client_id="${CLIENT}"`),
    );
  });

  it('carries HTTP/2 with trailers, many streams on one connection', async () => {
    const app = createHttp2Server();
    app.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(`${headers[':path']} ${String(headers['l5d-client-id'])}`);
    });
    const { port } = await meshedPair(await listening(app));
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    cleanups.push(() => session.destroy());
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const stream = session.request({ ':path': `/${i}`, ':authority': WEB.name });
        const [trailers, body] = await Promise.all([once(stream, 'trailers'), text(stream)]);
        return [trailers[0]['grpc-status'], body];
      }),
    );
    assert.deepEqual(
      answers,
      Array.from({ length: 20 }, (_, i) => ['0', `/${i} ${CLIENT}`]),
    );
  });

  it('goes on when the control plane is killed', async () => {
    const appPort = await webApp((_, res) => res.end('still here'));
    const { port, plane } = await meshedPair(appPort);
    assert.equal((await ask(port, '/')).status, 200);
    await plane.kill();
    for (let i = 0; i < 20; i += 1) {
      const answer = await ask(port, '/');
      assert.deepEqual([answer.status, answer.body], [200, 'still here']);
    }
  });

  it('drains on SIGTERM: what is under way is answered, then the process ends', async () => {
    const asked = Promise.withResolvers<void>();
    let answerNow = (): void => {};
    const appPort = await webApp((_, res) => {
      answerNow = () => res.end('finished');
      asked.resolve();
    });
    const { port, client, server } = await meshedPair(appPort);
    const answer = ask(port, '/', { agent: new Agent({ keepAlive: true }) });
    await asked.promise;
    const stopped = Promise.all([client.stop(), server.stop()]);
    // The late connection is refused once the listener is closed; until then it may be accepted and closed.
    answerNow();
    const { status, headers, body } = await answer;
    assert.deepEqual([status, headers.connection, body], [200, 'close', 'finished']);
    assert.deepEqual(await stopped, [0, 0]);
  });
});

describe('an outbound proxy', () => {
  it('refuses malformed requests, counts them and opens no connection', async () => {
    let connections = 0;
    const app = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    const appPort = await listening(app);
    const endpoints = [{ host: '127.0.0.1', port: appPort, identity: null }];
    const plane = await controlPlane([{ ...WEB, endpoints }]);
    const client = await proxy(CLIENT, plane, { outbound: [WEB.address] });
    const [port = 0] = client.outboundPorts;
    const smuggled =
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n';
    assert.match(await exchangeRaw(port, smuggled), /^HTTP\/1\.1 400 /);
    const folded = 'GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n';
    assert.match(await exchangeRaw(port, folded), /^HTTP\/1\.1 400 /);
    assert.equal(connections, 0);
    assert.match(
      await client.metrics(),
      /malformed[^\n]*Content-Length with Transfer-Encoding[^\n]* 1\n/,
    );
  });

  it('answers 502, 503 or 504 with l5d-proxy-error when the service is dead', async () => {
    const endpoints = [{ host: '127.0.0.1', port: await freePort(), identity: null }];
    const plane = await controlPlane([{ ...WEB, endpoints }]);
    const { outboundPorts } = await proxy(CLIENT, plane, {
      outbound: [WEB.address],
      env: { LINKERD2_PROXY_OUTBOUND_HTTP_FAILFAST_TIMEOUT: '300ms' },
    });
    const answer = await ask(outboundPorts[0] ?? 0, '/');
    assert.ok([502, 503, 504].includes(answer.status), String(answer.status));
    assert.ok(answer.headers['l5d-proxy-error'] !== undefined);
  });

  it('forwards opaque bytes both ways', async () => {
    const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    const endpoints = [{ host: '127.0.0.1', port: await listening(echo), identity: null }];
    const plane = await controlPlane([{ ...WEB, endpoints }]);
    const { outboundPorts } = await proxy(CLIENT, plane, { outbound: [WEB.address] });
    const socket = connect({ port: outboundPorts[0] ?? 0, host: '127.0.0.1', allowHalfOpen: true });
    socket.end('\u0000binary\u0001');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    assert.equal(answer, '\u0000binary\u0001');
  });
});

describe('starting', () => {
  it('ends with 64 and every fault when its variables are wrong', async () => {
    const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main], {
      env: { LINKERD2_PROXY_LOG: '%%%', LINKERD2_PROXY_INBOUND_CONNECT_TIMEOUT: 'soon' },
    });
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    assert.equal(code, 64);
    for (const name of [
      'LINKERD2_PROXY_LOG',
      'LINKERD2_PROXY_INBOUND_CONNECT_TIMEOUT',
      'LINKERD2_PROXY_DESTINATION_SVC_ADDR',
      'LINKERD2_PROXY_POLICY_SVC_ADDR',
      'LINKERD2_PROXY_IDENTITY_DIR',
    ]) {
      assert.match(stderr, new RegExp(`${name}: `));
    }
  });

  it('says which port is taken', async () => {
    const taken = await listening(createServer());
    const plane = await controlPlane([]);
    const failed = proxy(CLIENT, plane, {
      env: { LINKERD2_PROXY_OUTBOUND_ORIGINAL_DST_TABLE: `127.0.0.1:${taken}=10.96.0.2:80` },
    });
    await assert.rejects(failed, /outbound listener cannot open 127\.0\.0\.1:\d+: another program/);
  });
});
