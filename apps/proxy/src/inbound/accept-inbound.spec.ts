import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { after, before, describe, it } from 'node:test';
import type { Authority } from '@tulle/pki';
import { createDial } from '../connect/dial.ts';
import { serveHttp1 } from '../http1/serve-http1.ts';
import { Listener } from '../listen/listener.ts';
import type { Address, Dial, Target } from '../stack/connection.ts';
import { DialError } from '../stack/connection.ts';
import type { Peer } from '../stack/http-service.ts';
import { serveTcp } from '../tcp/serve-tcp.ts';
import { codecContext } from '../testing/codec-context.ts';
import { secureContextFor, testAuthority } from '../testing/certified.ts';
import { FixedEndpoint, TestCounters } from '../testing/fixed-endpoint.ts';
import { FixedService } from '../testing/fixed-service.ts';
import { silentLog } from '../testing/silent-log.ts';
import { acceptInbound } from './accept-inbound.ts';

const SERVER = 'web.emojivoto.serviceaccount.identity.tulle.cluster.local';
const CLIENT = 'bot.emojivoto.serviceaccount.identity.tulle.cluster.local';

const cleanups: (() => void)[] = [];
let authority: Authority;
let serverContext: SecureContext;
let clientContext: SecureContext;

before(async () => {
  authority = await testAuthority();
  serverContext = await secureContextFor(authority, SERVER);
  clientContext = await secureContextFor(authority, CLIENT);
});
after(() => {
  for (const cleanup of cleanups) cleanup();
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  return port;
}

interface Inbound {
  readonly port: number;
  readonly service: FixedService;
  readonly peers: Peer[];
  readonly counters: TestCounters;
  readonly errors: readonly string[];
  readonly released: () => number;
  readonly listener: Listener;
}

async function inboundTo(appPort: number, detectTimeoutMs = 5000): Promise<Inbound> {
  const endpoint = new FixedEndpoint(appPort);
  const service = new FixedService(endpoint);
  const peers: Peer[] = [];
  const counters = new TestCounters();
  const errors: string[] = [];
  let released = 0;
  const target: Target = {
    protocol: 'detect',
    http: service,
    tcp: service,
    acceptCounters: (peer) => {
      peers.push(peer);
      return counters;
    },
    countAcceptError: (error) => errors.push(error),
    release: () => {
      released += 1;
    },
  };
  const context = codecContext();
  const codecs = { http1: serveHttp1, http2: serveHttp1, tcp: serveTcp, context };
  const originals: Address[] = [];
  const port = await freePort();
  const original = { host: '127.0.0.1', port: appPort };
  const listener = await Listener.open({
    name: 'inbound',
    listen: { kind: 'table', pairs: [{ listen: { host: '127.0.0.1', port }, original }] },
    backlog: null,
    keepaliveMs: null,
    refuses: () => null,
    log: silentLog,
    accept: (socket, destination) => {
      originals.push(destination);
      assert.deepEqual(destination, original);
      return acceptInbound(socket, destination, {
        target: () => target,
        isDirect: () => false,
        direct: { arrived: () => {}, refused: () => {} },
        codecs,
        detectTimeoutMs,
        serverName: SERVER,
        secureContext: () => serverContext,
        log: silentLog,
      });
    },
  });
  listener.start();
  cleanups.push(() => {
    listener.destroy();
    endpoint.closePools();
  });
  return { port, service, peers, counters, errors, released: () => released, listener };
}

function dialAs(context: () => SecureContext): Dial {
  return createDial({ connectTimeoutMs: 2000, keepaliveMs: null, clientContext: context });
}

const mutual = (identity: string) => ({ kind: 'mutual', serverName: SERVER, identity }) as const;

/** The first bytes of a client that wants TLS to `servername`. */
async function helloOf(servername: string): Promise<Buffer> {
  const server = createServer();
  const port = await listening(server);
  const client = connectTls({ port, host: '127.0.0.1', servername });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  return hello;
}

async function webApp(): Promise<number> {
  const server = createHttpServer((req, res) => res.end(`hello ${req.url ?? ''}`));
  cleanups.push(() => server.closeAllConnections());
  return listening(server);
}

async function ask(socket: NodeJS.ReadWriteStream): Promise<string> {
  socket.write('GET /x HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n');
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  await once(socket, 'end');
  socket.end();
  return text;
}

describe('inbound', () => {
  it('ends mutual TLS meant for us and knows the client by its certificate', async () => {
    const { port, peers, counters, released } = await inboundTo(await webApp());
    const endpoint = new FixedEndpoint(port, mutual(SERVER));
    const socket = await dialAs(() => clientContext)(endpoint);
    assert.match(await ask(socket), /200 OK[\s\S]*hello \/x/);
    assert.deepEqual(peers[0]?.tls, { kind: 'mutual', clientId: CLIENT });
    while (released() === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(counters.openCount, 1);
    assert.deepEqual(counters.closedErrnos, [null]);
    assert.ok(counters.readBytes > 0 && counters.wroteBytes > 0);
  });

  it('lets a client without certificate in as unknown', async () => {
    const { port, peers } = await inboundTo(await webApp());
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      servername: SERVER,
      ca: authority.trustAnchorsPem,
    });
    await once(socket, 'secureConnect');
    assert.match(await ask(socket), /hello/);
    assert.deepEqual(peers[0]?.tls, { kind: 'mutual', clientId: null });
  });

  it('refuses a client certificate of another authority', async () => {
    const { port, service, errors } = await inboundTo(await webApp());
    const stranger = await (await testAuthority()).issueCredentials(CLIENT);
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      servername: SERVER,
      ca: authority.trustAnchorsPem,
      cert: stranger.certPem,
      key: stranger.keyPem,
    });
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    assert.equal(service.exchanges.length, 0);
    assert.deepEqual(errors, ['i/o']);
  });

  it('gives up on a handshake that stops half way, and counts it', async () => {
    const { port, errors } = await inboundTo(await webApp(), 50);
    const hello = await helloOf(SERVER);
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.resume();
    socket.write(hello);
    await once(socket, 'close');
    assert.deepEqual(errors, ['tls detection timeout']);
  });

  it('serves plain HTTP and, with TLS to another name, passes bytes through', async () => {
    const { port, peers } = await inboundTo(await webApp());
    assert.match(await ask(connect({ port, host: '127.0.0.1' })), /hello/);
    assert.deepEqual(peers[0]?.tls, { kind: 'none', reason: 'no_tls_from_remote' });

    const echo = createServer((socket) => socket.pipe(socket));
    const through = await inboundTo(await listening(echo));
    const socket = connectTls({ port: through.port, host: '127.0.0.1', servername: 'other' });
    const [error] = await once(socket, 'error');
    // Our own hello came back: the bytes went to the application and no TLS was ended here.
    assert.match(String(error), /SSL|EPROTO|unexpected/i);
    assert.equal(through.service.exchanges.length, 0);
  });

  it('forwards a server that speaks first once detection gives up', async () => {
    const app = createServer((socket) => {
      socket.write('220 hello\r\n');
      socket.on('data', (chunk) => socket.end(chunk));
    });
    const { port, service } = await inboundTo(await listening(app), 50);
    const socket = connect({ port, host: '127.0.0.1' });
    const [greeting] = await once(socket, 'data');
    assert.equal(String(greeting), '220 hello\r\n');
    socket.end('QUIT\r\n');
    const [answer] = await once(socket, 'data');
    assert.equal(String(answer), 'QUIT\r\n');
    await once(socket, 'close');
    assert.deepEqual(service.tcpErrors, [null]);
  });

  it('says whom it cannot reach', async () => {
    const inbound = await inboundTo(await webApp());
    const wrong = new FixedEndpoint(inbound.port, mutual(CLIENT));
    await assert.rejects(dialAs(() => clientContext)(wrong), (error) => {
      assert.ok(error instanceof DialError);
      return error.failure.kind === 'identity';
    });
    const dead = new FixedEndpoint(await freePort());
    await assert.rejects(dialAs(() => clientContext)(dead), (error) => {
      assert.ok(error instanceof DialError);
      return error.failure.kind === 'connect';
    });
    const silent = createServer();
    const mute = new FixedEndpoint(await listening(silent), mutual(SERVER));
    const dial = createDial({
      connectTimeoutMs: 60,
      keepaliveMs: null,
      clientContext: () => clientContext,
    });
    await assert.rejects(dial(mute), (error) => {
      assert.ok(error instanceof DialError);
      return error.failure.kind === 'connect-timeout';
    });
  });
});

describe('listener', () => {
  it('says which port is taken', async () => {
    const { port } = await inboundTo(1);
    const second = Listener.open({
      name: 'outbound',
      listen: {
        kind: 'table',
        pairs: [{ listen: { host: '127.0.0.1', port }, original: { host: '127.0.0.1', port: 1 } }],
      },
      backlog: null,
      keepaliveMs: null,
      refuses: () => null,
      log: silentLog,
      accept: () => assert.fail('accepted'),
    });
    await assert.rejects(second, {
      message: `The outbound listener cannot open 127.0.0.1:${port}: another program has that port; stop it or choose another address.`,
    });
  });

  it('drains: stops accepting and waits for what is under way', async () => {
    let answer = (): void => {};
    const asked = Promise.withResolvers<void>();
    const app = createHttpServer((_, res) => {
      answer = () => res.end('done');
      asked.resolve();
    });
    const { port, listener } = await inboundTo(await listening(app));
    const text = ask(connect({ port, host: '127.0.0.1' }));
    await asked.promise;
    const drained = listener.drain();
    const late = connect({ port, host: '127.0.0.1' });
    const [error] = await once(late, 'error');
    assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
    answer();
    assert.match(await text, /done/);
    await drained;
    assert.equal(listener.size, 0);
  });
});
