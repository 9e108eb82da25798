import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SecureContext, TLSSocket } from 'node:tls';
import { after, before, describe, it } from 'node:test';
import type { Authority } from '@tulle/pki';
import { createDial } from '../connect/dial.ts';
import { encodeTransportHeader } from '../connect/transport-header.ts';
import type { TransportHeader } from '../connect/transport-header.ts';
import { serveHttp1 } from '../http1/serve-http1.ts';
import { serveHttp2 } from '../http2/server.ts';
import { LeanSocket } from '../connect/lean-socket.ts';
import type { Target } from '../stack/connection.ts';
import type { Peer } from '../stack/http-service.ts';
import { serveTcp } from '../tcp/serve-tcp.ts';
import { codecContext } from '../testing/codec-context.ts';
import { secureContextFor, testAuthority } from '../testing/certified.ts';
import { FixedEndpoint, TestCounters } from '../testing/fixed-endpoint.ts';
import { FixedService } from '../testing/fixed-service.ts';
import { silentLog } from '../testing/silent-log.ts';
import { directTest } from './accept-direct.ts';
import { acceptInbound } from './accept-inbound.ts';

const SERVER = 'web.test.serviceaccount.identity.tulle.cluster.local';
const CLIENT = 'bot.test.serviceaccount.identity.tulle.cluster.local';
const PROXY_PORT = 4143;

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

interface Direct {
  readonly port: number;
  readonly service: FixedService;
  readonly peers: Peer[];
  readonly targets: number[];
  readonly arrived: (TransportHeader & { clientId: string })[];
  readonly refused: string[];
  readonly released: () => number;
}

/** A proxy whose own port clients reach, in front of an application. */
async function directTo(appPort: number, detectTimeoutMs = 5000): Promise<Direct> {
  const endpoint = new FixedEndpoint(appPort);
  const service = new FixedService(endpoint);
  const peers: Peer[] = [];
  const targets: number[] = [];
  const arrived: Direct['arrived'] = [];
  const refused: string[] = [];
  let released = 0;
  const target: Target = {
    protocol: 'detect',
    http: service,
    tcp: service,
    acceptCounters: (peer) => {
      peers.push(peer);
      return new TestCounters();
    },
    release: () => (released += 1),
  };
  const codecs = { http1: serveHttp1, http2: serveHttp2, tcp: serveTcp, context: codecContext() };
  const isDirect = directTest({
    kind: 'kernel',
    addresses: [{ host: '0.0.0.0', port: PROXY_PORT }],
  });
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    acceptInbound(
      LeanSocket.adopt(socket),
      { host: '10.1.0.1', port: PROXY_PORT },
      {
        target: ({ host, port }) => {
          assert.equal(host, '10.1.0.1');
          targets.push(port);
          return target;
        },
        isDirect,
        direct: {
          arrived: (header, clientId) => arrived.push({ ...header, clientId }),
          refused: (_original, error) => refused.push(error),
        },
        codecs,
        detectTimeoutMs,
        serverName: SERVER,
        secureContext: () => serverContext,
        log: silentLog,
      },
    );
  });
  const port = await listening(server);
  cleanups.push(() => endpoint.closePools());
  return { port, service, peers, targets, arrived, refused, released: () => released };
}

function tlsTo(port: number, alpn: string[], secureContext = clientContext): TLSSocket {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    servername: SERVER,
    secureContext,
    checkServerIdentity: () => undefined,
    ...(alpn.length > 0 && { ALPNProtocols: alpn }),
  });
  socket.on('error', () => {});
  return socket;
}

const ALPN = ['transport.l5d.io/v1'];

/** However it does. */
function closes(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  socket.resume();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

describe('a connection to the port of the proxy itself', () => {
  it('reaches the port that its header names, also where the server speaks first', async () => {
    const app = createServer((socket) => {
      socket.write('220 ready\r\n');
      socket.on('data', (chunk) => socket.end(chunk));
    });
    const direct = await directTo(await listening(app));
    const dial = createDial({
      connectTimeoutMs: 2000,
      keepaliveMs: null,
      clientContext: () => clientContext,
    });
    const endpoint = new FixedEndpoint(2525, {
      kind: 'mutual',
      serverName: SERVER,
      identity: SERVER,
    });
    endpoint.tag = { inboundPort: direct.port };
    const socket = await dial(endpoint);
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    assert.equal(String(greeting), '220 ready\r\n');
    socket.write('QUIT\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.equal(String(answer), 'QUIT\r\n');
    socket.end();
    while (direct.released() === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(direct.arrived, [{ port: 2525, name: '', session: null, clientId: CLIENT }]);
    assert.deepEqual(direct.targets, [2525]);
    assert.deepEqual(direct.peers[0]?.tls, { kind: 'mutual', clientId: CLIENT });
  });

  it('is HTTP where the header says so, with the bytes that came along', async () => {
    const app = createHttpServer((req, res) => res.end(`hello ${req.url ?? ''}`));
    cleanups.push(() => app.closeAllConnections());
    const direct = await directTo(await listening(app));
    const socket = tlsTo(direct.port, ALPN);
    socket.write(
      Buffer.concat([
        encodeTransportHeader({ port: 80, name: '', session: 'http1' }),
        Buffer.from('GET /x HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n'),
      ]),
    );
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    assert.match(text, /200 OK[\s\S]*hello \/x/);
    assert.equal(direct.service.exchanges.length, 1);
  });

  it('is refused without identity, header or TLS, and for a gateway or the proxy itself', async () => {
    const direct = await directTo(1, 100);
    const anonymous = connectTls({
      port: direct.port,
      host: '127.0.0.1',
      servername: SERVER,
      ca: authority.trustAnchorsPem,
      checkServerIdentity: () => undefined,
      ALPNProtocols: ALPN,
    });
    anonymous.on('error', () => {});
    await closes(anonymous);
    await closes(tlsTo(direct.port, []));
    const plain = connect({ port: direct.port, host: '127.0.0.1' });
    plain.on('error', () => {});
    plain.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await closes(plain);
    const late = tlsTo(direct.port, ALPN);
    await closes(late);
    const noise = tlsTo(direct.port, ALPN);
    noise.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await closes(noise);
    assert.deepEqual(direct.refused, Array(5).fill('unexpected'));
    for (const header of [
      { port: 80, name: 'web.other.svc', session: null },
      { port: PROXY_PORT, name: '', session: null },
    ]) {
      const socket = tlsTo(direct.port, ALPN);
      socket.write(encodeTransportHeader(header));
      await closes(socket);
    }
    assert.deepEqual(direct.refused.slice(5), ['gateway domain invalid', 'unexpected']);
    assert.deepEqual(direct.targets, []);
  });
});
