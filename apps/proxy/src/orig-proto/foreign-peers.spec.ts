/** The other proxy is somebody else's: node:http2 with certificates of the mesh, in both roles. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { test, type TestContext } from 'node:test';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { SERVER, startCarriedPair, type CarriedPair } from '../testing/carried-pair.ts';
import { FixedEndpoint } from '../testing/fixed-endpoint.ts';
import type { RecordedExchange } from '../testing/fixed-service.ts';
import { collect, listen } from '../testing/http2-harness.ts';

/** A foreign proxy that speaks to ours in front of `app`. */
async function foreignClient(
  t: TestContext,
  app: http.RequestListener,
): Promise<http2.ClientHttp2Session> {
  const pair = await startCarriedPair(t, await listen(t, http.createServer(app)));
  const socket = connectTls({
    port: pair.tlsPort,
    host: '127.0.0.1',
    servername: SERVER,
    secureContext: pair.clientContext,
    // The names of the mesh are checked in the tests of connect.
    checkServerIdentity: () => undefined,
  });
  await once(socket, 'secureConnect');
  const session = http2.connect('http://web.demo', { createConnection: () => socket });
  session.on('error', () => {});
  t.after(() => session.destroy());
  return session;
}

/** Our outbound side in front of a foreign proxy, whose streams `onStream` answers. */
async function foreignServer(
  t: TestContext,
  onStream: (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void,
): Promise<CarriedPair> {
  const pair = await startCarriedPair(t, 1);
  const tls = createTlsServer(
    { SNICallback: (_name, done) => done(null, pair.serverContext) },
    (socket) => {
      // Without ALPN, as proxies of the mesh speak; node's server would hang up on that.
      const session = http2.performServerHandshake(socket);
      session.on('error', () => {});
      session.on('stream', (stream, headers) => {
        stream.on('error', () => {});
        onStream(stream, headers);
      });
    },
  );
  const endpoint = new FixedEndpoint(await listen(t, tls), pair.outbound.endpoint.tls);
  endpoint.protocolHint = 'h2';
  t.after(() => endpoint.closePools());
  const begin = pair.outbound.begin.bind(pair.outbound);
  pair.outbound.begin = (head) => {
    const exchange = begin(head) as RecordedExchange;
    exchange.endpoint = endpoint;
    return exchange;
  };
  return pair;
}

async function speak(port: number, bytes: string): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.write(bytes);
  let text = '';
  try {
    for await (const chunk of socket) text += String(chunk);
  } catch {
    // Cut off: what came before counts.
  }
  return text;
}

const CLOSE = 'Host: web.demo\r\nConnection: close\r\n';

test('a foreign proxy that carries HTTP/1 to ours gets it delivered as HTTP/1, its answer marked', async (t) => {
  let seen: http.IncomingMessage | null = null;
  const session = await foreignClient(t, (req, res) => {
    seen = req;
    req.resume().on('end', () => {
      res.setHeader('l5d-proxy-error', 'forged');
      res.end('done');
    });
  });
  const stream = session.request({
    ':method': 'POST',
    ':path': '/x',
    ':authority': 'web.demo',
    'l5d-orig-proto': 'HTTP/1.1',
    cookie: ['a=1', 'b=2'],
  });
  stream.end('body');
  const answer = await collect(stream);
  const req = seen as unknown as http.IncomingMessage;
  assert.equal(req.httpVersion, '1.1');
  assert.deepEqual(req.headers, {
    host: 'web.demo',
    cookie: 'a=1; b=2',
    'transfer-encoding': 'chunked',
  });
  assert.deepEqual([answer.status, answer.body.toString()], [200, 'done']);
  assert.equal(answer.headers['l5d-orig-proto'], 'HTTP/1.1');
  assert.equal(answer.headers['l5d-proxy-error'], undefined);
  assert.equal(answer.headers.connection, undefined);
});

test('HTTP/1.0 and absolute form are restored', async (t) => {
  const seen: string[] = [];
  const session = await foreignClient(t, (req, res) => {
    seen.push(`${req.httpVersion} ${req.url}`);
    res.end();
  });
  for (const origProto of ['HTTP/1.0', 'HTTP/1.1; absolute-form', 'HTTP/1.0; absolute-form']) {
    const stream = session.request({ ':authority': 'web.demo', 'l5d-orig-proto': origProto });
    assert.equal((await collect(stream)).status, 200);
  }
  assert.deepEqual(seen, ['1.0 /', '1.1 http://web.demo/', '1.0 http://web.demo/']);
});

test('a length that the body does not keep never reaches the application as a whole request', async (t) => {
  let ended = 0;
  const session = await foreignClient(t, (req, res) => {
    req.on('error', () => {}).on('end', () => (ended += 1));
    req.resume();
    res.on('error', () => {});
  });
  const stream = session.request({
    ':method': 'POST',
    'content-length': 10,
    'l5d-orig-proto': 'HTTP/1.1',
  });
  stream.end('short');
  await assert.rejects(collect(stream));
  assert.equal(ended, 0);
});

test('a foreign proxy gets HTTP/1 of ours as HTTP/2 with its mark, and answers with trailers', async (t) => {
  let seen: http2.IncomingHttpHeaders = {};
  let trailers: http2.IncomingHttpHeaders = {};
  const pair = await foreignServer(t, (stream, headers) => {
    seen = headers;
    stream.on('trailers', (fields) => (trailers = fields));
    stream.resume().on('end', () => {
      stream.respond({ ':status': 201, 'l5d-orig-proto': 'HTTP/1.1' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1' }));
      stream.end('made');
    });
  });
  const answer = await speak(
    pair.port,
    `PUT /y HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx-up: 2\r\n\r\n`,
  );
  assert.deepEqual(
    [seen[':method'], seen[':path'], seen[':authority'], seen['l5d-orig-proto']],
    ['PUT', '/y', 'web.demo', 'HTTP/1.1'],
  );
  assert.equal(seen['transfer-encoding'], undefined);
  assert.equal(trailers['x-up'], '2');
  assert.match(answer, /^HTTP\/1\.1 201 Created\r\n/);
  assert.match(answer, /\r\n\r\n4\r\nmade\r\n0\r\nx-sum: 1\r\n\r\n$/);
  assert.doesNotMatch(answer, /l5d-orig-proto/);
});

test('a reset before the answer is 502 and counted with its code, a break within it cuts the client off', async (t) => {
  const { NGHTTP2_INTERNAL_ERROR } = http2.constants;
  const pair = await foreignServer(t, (stream, headers) => {
    if (headers[':path'] === '/early') {
      stream.close(NGHTTP2_INTERNAL_ERROR);
      return;
    }
    stream.respond({ ':status': 200, 'content-length': 99 });
    stream.write('part', () => stream.session?.destroy());
  });
  const early = await speak(pair.port, `GET /early HTTP/1.1\r\n${CLOSE}\r\n`);
  assert.match(early, /^HTTP\/1\.1 502 /);
  assert.match(early, /l5d-proxy-error: /);
  const late = await speak(pair.port, `GET /late HTTP/1.1\r\nHost: web.demo\r\n\r\n`);
  assert.ok(!late.includes('HTTP/1.1 502'));
  assert.deepEqual(
    pair.outbound.exchanges.map(({ ends }) => ends),
    [
      [{ kind: 'server-reset', code: NGHTTP2_INTERNAL_ERROR }],
      [{ kind: 'server-reset', code: null }],
    ],
  );
});

test('what a foreign server refused unseen is sent again', async (t) => {
  let streams = 0;
  const pair = await foreignServer(t, (stream) => {
    streams += 1;
    if (streams === 1) {
      stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    stream.respond({ ':status': 200 });
    stream.end('second');
  });
  assert.match(await speak(pair.port, `GET / HTTP/1.1\r\n${CLOSE}\r\n`), /second/);
});
