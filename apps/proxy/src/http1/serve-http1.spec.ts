import { strict as assert } from 'node:assert';
import { createServer as createHttpServer, get, request } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { LeanSocket } from '../connect/lean-socket.ts';
import { codecContext } from '../testing/codec-context.ts';
import { FixedEndpoint } from '../testing/fixed-endpoint.ts';
import { FixedService } from '../testing/fixed-service.ts';
import type { CodecLimits, ServedConnection } from '../stack/connection.ts';
import type { Peer } from '../stack/http-service.ts';
import { serveHttp1 } from './serve-http1.ts';

const cleanups: (() => void)[] = [];
after(() => {
  for (const cleanup of cleanups) cleanup();
});

async function listening<T extends NetServer>(server: T): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

interface Proxy {
  readonly port: number;
  readonly service: FixedService;
  readonly endpoint: FixedEndpoint;
  readonly served: ServedConnection[];
}

async function proxyTo(upstreamPort: number, limits: Partial<CodecLimits> = {}): Promise<Proxy> {
  const endpoint = new FixedEndpoint(upstreamPort);
  const service = new FixedService(endpoint);
  const context = codecContext(limits);
  const served: ServedConnection[] = [];
  const peer: Peer = { address: '127.0.0.1', port: 1, tls: { kind: 'none', reason: 'loopback' } };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.on('connection', (socket: Socket) => {
    served.push(serveHttp1(LeanSocket.adopt(socket), Buffer.alloc(0), peer, service, context));
  });
  const port = await listening(server);
  cleanups.push(() => {
    for (const connection of served) connection.destroy();
    endpoint.closePools();
  });
  return { port, service, endpoint, served };
}

/** A server of Node's own, as a foreign implementation. */
async function httpOrigin(listener: RequestListener): Promise<{ port: number; server: Server }> {
  const server = createHttpServer(listener);
  cleanups.push(() => server.closeAllConnections());
  return { port: await listening(server), server };
}

/** A server that answers each connection's bytes as the test says. */
async function rawOrigin(onConnection: (socket: Socket) => void): Promise<number> {
  return listening(
    createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      cleanups.push(() => socket.destroy());
      onConnection(socket);
    }),
  );
}

/** Sends the text (in pieces, each in a turn of its own) and gives all that comes back until the proxy closes. */
async function exchangeRaw(port: number, ...pieces: string[]): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    await new Promise((resolve) => setImmediate(resolve));
  }
  await once(socket, 'end');
  socket.end();
  return text;
}

const ok = (body: string, extra = ''): string =>
  `HTTP/1.1 200 OK\r\n${extra}content-length: ${body.length}\r\n\r\n${body}`;

describe('HTTP/1 forwarding', () => {
  it('carries requests and answers, keeping both connections alive', async () => {
    let connections = 0;
    const { port: originPort, server } = await httpOrigin((req, res) => {
      res.end(`${req.method} ${req.url} ${String(req.headers['x-a'])}`);
    });
    server.on('connection', () => {
      connections += 1;
    });
    const { port, service } = await proxyTo(originPort);
    const get1 = 'GET /a?b=1 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n\r\n';
    const text = await exchangeRaw(
      port,
      get1 + get1,
      `${get1.slice(0, -2)}Connection: close\r\n\r\n`,
    );
    assert.equal(text.match(/GET \/a\?b=1 1/g)?.length, 3);
    assert.equal(text.match(/connection: close/gi)?.length, 1);
    assert.equal(connections, 1);
    assert.deepEqual(service.exchanges[0]?.ends, [{ kind: 'complete' }]);
    assert.equal(service.exchanges[0]?.firstBytes, 1);
    assert.deepEqual(service.exchanges[0]?.head.slice(0, 4), [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':authority', 'h'],
      [':path', '/a?b=1'],
    ]);
  });

  it('carries a large chunked upload and download whole, with trailers', async () => {
    const { port: originPort } = await httpOrigin((req, res) => {
      res.writeHead(200, { Trailer: 'x-sum' });
      let bytes = 0;
      req.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        res.write(chunk);
      });
      req.on('end', () => {
        res.addTrailers({ 'x-sum': String(bytes) });
        res.end();
      });
    });
    const { port, service } = await proxyTo(originPort);
    const req = request({ port, host: '127.0.0.1', method: 'POST', agent: false });
    const body = Buffer.alloc(3_000_000, 'x');
    req.write(body.subarray(0, 10));
    req.end(body.subarray(10));
    const [res] = await once(req, 'response');
    let received = 0;
    for await (const chunk of res) received += chunk.length;
    assert.equal(received, body.length);
    assert.equal(res.trailers['x-sum'], String(body.length));
    assert.deepEqual(service.exchanges[0]?.trailers, [['x-sum', '3000000']]);
  });

  it('gives the same answer however the request is split', async () => {
    const { port: originPort } = await httpOrigin((req, res) => {
      let body = '';
      req.on('data', (chunk) => {
        body += String(chunk);
      });
      req.on('end', () => res.end(`[${body}]`));
    });
    const { port } = await proxyTo(originPort);
    const text =
      'POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n' +
      '3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n';
    for (let cut = 1; cut < text.length; cut += 7) {
      const answer = await exchangeRaw(port, text.slice(0, cut), text.slice(cut));
      assert.match(answer, /\[abcde\]/, `cut at ${cut}`);
    }
    assert.match(await exchangeRaw(port, ...text.split('')), /\[abcde\]/);
  });

  it('strips hop-by-hop fields and the exchange’s, and adds the exchange’s', async () => {
    let seen = '';
    const originPort = await rawOrigin((socket) => {
      socket.on('data', (chunk) => {
        seen += String(chunk);
        socket.write(
          ok('', 'Connection: keep-alive, x-hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\n'),
        );
      });
    });
    const { port, service } = await proxyTo(originPort);
    service.headerEdit = { strip: ['l5d-client-id'], set: [['l5d-client-id', 'me']] };
    const answer = await exchangeRaw(
      port,
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: x-drop, close, Upgrade, HTTP2-Settings, host\r\n' +
        'X-Drop: 1\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\nL5d-Client-Id: evil\r\nX-Keep: 1\r\n' +
        'Proxy-Connection: a\r\n\r\n',
    );
    assert.equal(seen, 'GET / HTTP/1.1\r\nHost: h\r\nX-Keep: 1\r\nl5d-client-id: me\r\n\r\n');
    assert.equal(answer, 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });

  it('knows the answers without a body, and the ones that end with the connection', async () => {
    const { port: originPort } = await httpOrigin((req, res) => {
      if (req.url === '/204') res.writeHead(204);
      if (req.url === '/304') res.writeHead(304, { 'content-length': '9' });
      res.end(req.url === '/head' ? 'not sent' : undefined);
    });
    const { port } = await proxyTo(originPort);
    const text = await exchangeRaw(
      port,
      'HEAD /head HTTP/1.1\r\nHost: h\r\n\r\nGET /204 HTTP/1.1\r\nHost: h\r\n\r\n' +
        'GET /304 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    );
    assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 3);

    const eofPort = await rawOrigin((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end'));
    });
    const eof = await proxyTo(eofPort);
    const answer = await exchangeRaw(eof.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.equal(answer, 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil the end');
    assert.deepEqual(eof.service.exchanges[0]?.ends, [{ kind: 'complete' }]);
  });

  it('forwards 100-continue and gives an HTTP/1.0 client plain bytes and the end', async () => {
    const originPort = await rawOrigin((socket) => {
      socket.on('data', () => {
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
      });
    });
    const { port } = await proxyTo(originPort);
    const answer = await exchangeRaw(
      port,
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    );
    assert.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    const old = await exchangeRaw(port, 'GET / HTTP/1.0\r\n\r\n');
    assert.equal(old, 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc');
  });

  it('tunnels an upgrade and CONNECT, first bytes included', async () => {
    const originPort = await rawOrigin((socket) => {
      socket.once('data', (head) => {
        const isConnect = head.toString().startsWith('CONNECT');
        socket.write(
          isConnect
            ? 'HTTP/1.1 200 OK\r\n\r\nhello '
            : 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello ',
        );
        const early = head.toString().split('\r\n\r\n')[1] ?? '';
        socket.write(early);
        socket.on('data', (chunk) => socket.write(chunk));
        socket.on('end', () => socket.end());
      });
    });
    for (const head of [
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n',
      'CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n',
    ]) {
      const { port, service } = await proxyTo(originPort);
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.write(`${head}early `);
      await once(socket, 'data');
      socket.end('late');
      await once(socket, 'close');
      assert.match(text, /\r\n\r\nhello early late$/);
      assert.deepEqual(service.exchanges[0]?.ends, [{ kind: 'complete' }]);
    }
  });

  it('answers a client that half-closed after its request', async () => {
    const { port: originPort } = await httpOrigin((_, res) => setTimeout(() => res.end('ok'), 20));
    const { port } = await proxyTo(originPort);
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    const [chunk] = await once(socket, 'data');
    assert.match(String(chunk), /200 OK/);
    await once(socket, 'close');
  });
});

const FAULTY: [name: string, request: string, status: number][] = [
  [
    'Content-Length with Transfer-Encoding',
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
    400,
  ],
  [
    'equal Content-Lengths',
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc',
    400,
  ],
  [
    'a list in Content-Length',
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc',
    400,
  ],
  ['a signed Content-Length', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc', 400],
  ['an empty Content-Length', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n', 400],
  [
    'Transfer-Encoding on HTTP/1.0',
    'POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  [
    'an unknown Transfer-Encoding',
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n',
    501,
  ],
  [
    'two Transfer-Encodings',
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n',
    400,
  ],
  ['a folded line', 'GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n', 400],
  ['a bare LF in the request line', 'GET / HTTP/1.1\nHost: h\n\n', 400],
  ['a bare LF in a header', 'GET / HTTP/1.1\r\nHost: h\nA: b\r\n\r\n', 400],
  ['a bare CR', 'GET / HTTP/1.1\r\nHost: h\r\nA: b\rc\r\n\r\n', 400],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : h\r\n\r\n', 400],
  ['an empty name', 'GET / HTTP/1.1\r\nHost: h\r\n: b\r\n\r\n', 400],
  ['NUL in a value', 'GET / HTTP/1.1\r\nHost: h\r\nA: b\0c\r\n\r\n', 400],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n', 400],
  ['user information in Host', 'GET / HTTP/1.1\r\nHost: a@h\r\n\r\n', 400],
  ['Host other than the absolute target', 'GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n', 400],
  ['an authority target without CONNECT', 'GET h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n', 400],
  ['CONNECT without a port', 'CONNECT h HTTP/1.1\r\nHost: h\r\n\r\n', 400],
  ['HTTP/2.0 in the request line', 'GET / HTTP/2.0\r\nHost: h\r\n\r\n', 505],
  ['two spaces in the request line', 'GET  / HTTP/1.1\r\nHost: h\r\n\r\n', 400],
  ['a head too large', `GET / HTTP/1.1\r\nHost: h\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ['too many fields', `GET / HTTP/1.1\r\nHost: h\r\n${'A: b\r\n'.repeat(1500)}\r\n`, 431],
  ['a target too long', `GET /${'a'.repeat(20_000)}`, 414],
];

describe('HTTP/1 refusals', () => {
  for (const [name, text, status] of FAULTY) {
    it(`refuses ${name} with ${status}, counts it and forwards nothing`, async () => {
      let touched = false;
      const originPort = await rawOrigin(() => {
        touched = true;
      });
      const { port, service } = await proxyTo(originPort);
      const answer = await exchangeRaw(port, text);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(answer, /connection: close/);
      assert.equal(service.malformed.length, 1);
      assert.equal(service.malformed[0]?.status, status);
      assert.equal(touched, false);
    });
  }

  it('cuts a body with malformed chunks off from the server', async () => {
    const bodies = [
      '0x3\r\nabc\r\n',
      '3\nabc',
      '3\r\nabcd\r\n',
      '-1\r\n',
      `1;${'a'.repeat(9000)}\r\n`,
    ];
    for (const body of bodies) {
      let seen = '';
      const originPort = await rawOrigin((socket) => {
        socket.on('data', (chunk) => {
          seen += String(chunk);
        });
      });
      const { port, service } = await proxyTo(originPort);
      const head = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n';
      assert.match(await exchangeRaw(port, head, body), /^HTTP\/1\.1 4(00|13) /);
      assert.equal(service.malformed.length, 1);
      assert.ok(!seen.includes('abc\r\n0'));
    }
  });

  it('answers 502 to a malformed response and forwards none of it', async () => {
    const heads = [
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      'HTTP/1.1 200 OK\r\nA : b\r\n\r\n',
      'HTTP/1.1 200 OK\nA: b\n\n',
      'hello\r\n\r\n',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    ];
    for (const head of heads) {
      const originPort = await rawOrigin((socket) => socket.on('data', () => socket.write(head)));
      const { port, service } = await proxyTo(originPort);
      const close = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
      const answer = await exchangeRaw(port, close);
      assert.match(answer, /^HTTP\/1\.1 502 [\s\S]*l5d-proxy-error: The server/);
      assert.equal(service.exchanges[0]?.ends[0]?.kind, 'refused');
    }
  });
});

describe('HTTP/1 failures', () => {
  it('answers 502 when nothing listens', async () => {
    const dead = createServer();
    const deadPort = await listening(dead);
    dead.close();
    const { port, service } = await proxyTo(deadPort);
    const answer = await exchangeRaw(
      port,
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    );
    assert.match(answer, /^HTTP\/1\.1 502 [\s\S]*l5d-proxy-error: /);
    assert.equal(service.exchanges[0]?.failures[0]?.failure.kind, 'connect');
  });

  it('tries an idempotent request again when the kept connection was going away', async () => {
    let connections = 0;
    const originPort = await rawOrigin((socket) => {
      connections += 1;
      let requests = 0;
      socket.on('data', () => {
        requests += 1;
        // The second request on a connection meets a server that has just decided to close it.
        if (requests === 2) socket.resetAndDestroy();
        else socket.write(ok('x'));
      });
    });
    const { port, service } = await proxyTo(originPort);
    const one = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
    const answer = await exchangeRaw(
      port,
      one + one.replace('h\r\n', 'h\r\nConnection: close\r\n'),
    );
    assert.equal(answer.match(/200 OK/g)?.length, 2);
    assert.equal(connections, 2);
    assert.equal(service.exchanges[1]?.failures.length, 0);
  });

  it('does not send a POST twice of its own accord', async () => {
    let posts = 0;
    const originPort = await rawOrigin((socket) => {
      socket.on('data', (chunk) => {
        if (String(chunk).startsWith('GET')) socket.write(ok('x'));
        else {
          posts += 1;
          socket.resetAndDestroy();
        }
      });
    });
    const { port } = await proxyTo(originPort);
    const answer = await exchangeRaw(
      port,
      'GET / HTTP/1.1\r\nHost: h\r\n\r\nPOST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nConnection: close\r\n\r\na',
    );
    assert.match(answer, /502 Bad Gateway/);
    assert.equal(posts, 1);
  });

  it('replays the body when the service says to try again', async () => {
    let posts = 0;
    const { port: originPort } = await httpOrigin((req, res) => {
      let body = '';
      req.on('data', (chunk) => {
        body += String(chunk);
      });
      req.on('end', () => {
        posts += 1;
        res.writeHead(posts === 1 ? 503 : 200);
        res.end(body);
      });
    });
    const { port, service } = await proxyTo(originPort);
    service.attempts = 1;
    service.replayBytes = 100;
    const head = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nConnection: close\r\n\r\n';
    const answer = await exchangeRaw(port, head, 'abc', 'def');
    assert.match(answer, /200 OK[\s\S]*abcdef\r\n0\r\n\r\n$/);
    assert.deepEqual(service.exchanges[0]?.statuses, [503, 200]);
  });

  it('answers 504 when the exchange’s time is up', async () => {
    const originPort = await rawOrigin((socket) => socket.resume());
    const { port, service } = await proxyTo(originPort);
    service.timeoutMs = 30;
    const answer = await exchangeRaw(
      port,
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    );
    assert.match(answer, /^HTTP\/1\.1 504 /);
    assert.deepEqual(service.exchanges[0]?.ends, [{ kind: 'timeout' }]);
  });

  it('breaks off visibly when the server breaks off', async () => {
    const originPort = await rawOrigin((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'));
    });
    const { port, service } = await proxyTo(originPort);
    const req = get({ port, host: '127.0.0.1', agent: false });
    const [res] = await once(req, 'response');
    await assert.rejects(res.toArray(), /aborted/);
    assert.deepEqual(service.exchanges[0]?.ends, [{ kind: 'server-reset', code: null }]);
  });

  it('tells the service when the client goes away', async () => {
    const originPort = await rawOrigin((socket) => socket.resume());
    const { port, service, served } = await proxyTo(originPort);
    const socket = connect({ port, host: '127.0.0.1' });
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    while (service.exchanges.length === 0) await new Promise((resolve) => setImmediate(resolve));
    socket.resetAndDestroy();
    await served[0]?.closed;
    assert.deepEqual(service.exchanges[0]?.ends, [{ kind: 'client-reset', code: null }]);
  });

  it('closes a connection whose head does not come, with 408', async () => {
    const { port: originPort } = await httpOrigin((_, res) => res.end());
    const { port, service } = await proxyTo(originPort, { headTimeoutMs: 100 });
    const answer = await exchangeRaw(port, 'GET / HTTP/1.1\r\nHo');
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.equal(service.malformed[0]?.reason, 'head not complete in time');
  });

  it('drains: an idle connection closes, a busy one after its answer', async () => {
    let answerNow = (): void => {};
    const asked = Promise.withResolvers<void>();
    const { port: originPort } = await httpOrigin((_, res) => {
      answerNow = () => res.end('done');
      asked.resolve();
    });
    const { port, served } = await proxyTo(originPort);
    const idle = connect({ port, host: '127.0.0.1' });
    await once(idle, 'connect');
    const busy = exchangeRaw(port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await asked.promise;
    for (const connection of served) connection.drain();
    idle.resume();
    await once(idle, 'end');
    answerNow();
    assert.match(await busy, /connection: close[\s\S]*done/);
  });
});

describe('HTTP/1 clients that make no progress', () => {
  const limits = { headTimeoutMs: 300 };
  const head = 'POST / HTTP/1.1\r\nHost: h\r\ncontent-length: 10\r\n';

  it('closes a connection whose body stops coming, with 408, and takes the request back', async () => {
    const { port: originPort } = await httpOrigin((req) => req.resume());
    const { port, service } = await proxyTo(originPort, limits);
    const answer = await exchangeRaw(port, `${head}\r\nhalf`);
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.equal(service.malformed[0]?.reason, 'body stopped coming');
    assert.deepEqual(service.exchanges[0]?.ends, [{ kind: 'client-reset', code: null }]);
  });

  it('lets a slow body be as long as it moves', async () => {
    const { port: originPort } = await httpOrigin((req, res) => {
      req.resume().on('end', () => res.end('whole'));
    });
    const { port, service } = await proxyTo(originPort, limits);
    const socket = connect({ port, host: '127.0.0.1' });
    socket.write(`${head}Connection: close\r\n\r\n`);
    let sent = 0;
    const drip = setInterval(() => {
      socket.write('x');
      sent += 1;
      if (sent === 10) clearInterval(drip);
    }, 150);
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    await once(socket, 'close');
    assert.match(text, /^HTTP\/1\.1 200 [\s\S]*whole/);
    assert.deepEqual(service.malformed, []);
  });

  it('waits with a client that was not told to continue', async () => {
    const { port: originPort, server } = await httpOrigin((req, res) => {
      req.resume().on('end', () => res.end('whole'));
    });
    server.on('checkContinue', (req, res) => {
      setTimeout(() => {
        res.writeContinue();
        server.emit('request', req, res);
      }, 1500);
    });
    const { port, service } = await proxyTo(originPort, limits);
    const socket = connect({ port, host: '127.0.0.1' });
    socket.write(`${head}Expect: 100-continue\r\nConnection: close\r\n\r\n`);
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
      if (text.endsWith('100 Continue\r\n\r\n')) socket.write('0123456789');
    });
    await once(socket, 'close');
    assert.match(text, /^HTTP\/1\.1 100 [\s\S]*HTTP\/1\.1 200 [\s\S]*whole/);
    assert.deepEqual(service.malformed, []);
  });

  it('does not blame the client for a server that takes no body', async () => {
    const originPort = await rawOrigin((socket) => {
      socket.pause();
      setTimeout(() => socket.end(ok('late', 'connection: close\r\n')), 2000);
    });
    const { port, service } = await proxyTo(originPort, limits);
    const socket = connect({ port, host: '127.0.0.1' });
    const length = 64 * 1024 * 1024;
    socket.write(`POST / HTTP/1.1\r\nHost: h\r\ncontent-length: ${length}\r\n\r\n`);
    socket.write(Buffer.alloc(length));
    socket.on('error', () => {});
    const [first] = await once(socket, 'data');
    assert.match(String(first), /^HTTP\/1\.1 200 /);
    assert.deepEqual(service.malformed, []);
    socket.destroy();
  });

  it('cuts off a client that does not read its answer', async () => {
    const { port: originPort } = await httpOrigin((_, res) => {
      res.end(Buffer.alloc(64 * 1024 * 1024));
    });
    const { port, service, served } = await proxyTo(originPort, limits);
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await once(socket, 'connect');
    while (served.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await served[0]?.closed;
    assert.equal(service.malformed[0]?.reason, 'answer not read');
    assert.deepEqual(service.exchanges[0]?.ends, [{ kind: 'client-reset', code: null }]);
    socket.destroy();
  });

  it('gives a slow reader the whole of a last answer, however long it takes', async () => {
    const length = 16 * 1024 * 1024;
    const { port: originPort } = await httpOrigin((_, res) => res.end(Buffer.alloc(length)));
    const { port, service } = await proxyTo(originPort, { headTimeoutMs: 3000 });
    const socket = connect({ port, host: '127.0.0.1' });
    socket.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      socket.pause();
      setTimeout(() => socket.resume(), bytes > length - 3_000_000 ? 40 : 0);
    });
    await once(socket, 'end');
    assert.ok(bytes > length);
    assert.deepEqual(service.malformed, []);
    socket.destroy();
  });
});

it('strips what only a proxy may say of its answer', async () => {
  const { port: originPort } = await httpOrigin((_, res) => {
    res.setHeader('L5d-Proxy-Error', 'forged');
    res.setHeader('l5d-proxy-connection', 'close');
    res.setHeader('last-modified', 'now');
    res.end('body');
  });
  const { port } = await proxyTo(originPort);
  const answer = await exchangeRaw(port, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  assert.doesNotMatch(answer, /l5d-proxy/i);
  assert.match(answer, /last-modified: now[\s\S]*body/);
});
