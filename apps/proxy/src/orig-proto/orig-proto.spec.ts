/** HTTP/1 carried as HTTP/2: what clients and applications see must be what they would see without. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { test, type TestContext } from 'node:test';
import { startCarriedPair, type CarriedPair, type PairOptions } from '../testing/carried-pair.ts';
import { FixedEndpoint } from '../testing/fixed-endpoint.ts';
import type { RecordedExchange } from '../testing/fixed-service.ts';
import { listen } from '../testing/http2-harness.ts';

async function startPair(
  t: TestContext,
  app: http.RequestListener,
  options: PairOptions = {},
): Promise<CarriedPair> {
  return startCarriedPair(t, await listen(t, http.createServer(app)), options);
}

/** An application that answers each connection's bytes by hand. */
async function startRawPair(
  t: TestContext,
  onConnection: (socket: net.Socket) => void,
): Promise<CarriedPair> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  return startCarriedPair(t, await listen(t, server));
}

/** Sends bytes, reads until the other side closes or `until` matches. */
async function speak(port: number, bytes: string, until?: RegExp): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.write(bytes, 'latin1');
  let text = '';
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString('latin1');
    if (until?.test(text) === true) break;
  }
  socket.destroy();
  return text;
}

async function untilEnded(pair: CarriedPair, count = 1): Promise<void> {
  const over = () => pair.outbound.exchanges.filter(({ ends }) => ends.length > 0).length;
  const deadline = Date.now() + 5000;
  while (over() < count && Date.now() < deadline) await new Promise((go) => setImmediate(go));
}

const HOST = 'Host: web.demo\r\n';

test('a request arrives as the HTTP/1 it was, its mesh header gone, and so does the answer', async (t) => {
  let seen: http.IncomingMessage | null = null;
  const pair = await startPair(t, (req, res) => {
    seen = req;
    res.setHeader('Set-Cookie', ['a=1', 'b=2']);
    res.end('hello');
  });
  const answer = await speak(
    pair.port,
    `GET /a?b=c HTTP/1.1\r\n${HOST}X-One: 1\r\nCookie: c=d\r\nConnection: x-hop, close\r\nX-Hop: 1\r\nTE: gzip\r\n\r\n`,
  );
  const req = seen as unknown as http.IncomingMessage;
  assert.deepEqual(pair.protocols, ['http2']);
  assert.deepEqual([req.method, req.url, req.httpVersion], ['GET', '/a?b=c', '1.1']);
  assert.deepEqual(
    { ...req.headers, connection: undefined },
    {
      host: 'web.demo',
      'x-one': '1',
      cookie: 'c=d',
      connection: undefined,
    },
  );
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(answer, /\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n/);
  assert.match(answer, /\r\ncontent-length: 5\r\n/);
  assert.match(answer, /\r\nconnection: close\r\n\r\nhello$/);
  assert.doesNotMatch(answer, /l5d-orig-proto|transfer-encoding/);
  const [exchange] = pair.outbound.exchanges;
  assert.deepEqual(exchange?.ends, [{ kind: 'complete' }]);
  assert.deepEqual([exchange?.statuses, exchange?.firstBytes, exchange?.bytes], [[200], 1, 5]);
  assert.deepEqual(pair.inbound.exchanges[0]?.ends, [{ kind: 'complete' }]);
  assert.ok(!pair.inbound.exchanges[0]?.head.some(([name]) => name === 'l5d-orig-proto'));
});

test('many clients share one connection, and every answer finds its client', async (t) => {
  const pair = await startPair(t, (req, res) => res.end(req.url));
  const agents = Array.from({ length: 40 }, (_, i) => i);
  await Promise.all(
    agents.map(async (i) => {
      for (let n = 0; n < 5; n += 1) {
        const path = `/${i}/${n}`;
        const answer = await fetch(`http://127.0.0.1:${pair.port}${path}`);
        assert.equal(await answer.text(), path);
      }
    }),
  );
  assert.deepEqual(pair.protocols, ['http2']);
  assert.equal(pair.outbound.exchanges.length, 200);
});

test('pipelined requests are answered in order on a kept connection', async (t) => {
  const pair = await startPair(t, (req, res) => {
    if (req.url === '/1') setTimeout(() => res.end('one'), 20);
    else res.end(req.url === '/2' ? 'two' : 'three');
  });
  const ask = (n: number, more = ''): string => `GET /${n} HTTP/1.1\r\n${HOST}${more}\r\n`;
  const answer = await speak(pair.port, ask(1) + ask(2) + ask(3, 'Connection: close\r\n'));
  assert.deepEqual(answer.match(/one|two|three/g), ['one', 'two', 'three']);
  assert.equal(answer.match(/HTTP\/1\.1 200/g)?.length, 3);
});

test('large bodies go both ways unchanged, with and without a length', async (t) => {
  const pair = await startPair(t, (req, res) => {
    const length = req.headers['content-length'];
    if (length !== undefined) res.setHeader('content-length', length);
    req.pipe(res);
  });
  const digest = (data: Buffer) => createHash('md5').update(data).digest('hex');
  const body = randomBytes(3_000_001);
  const streamed = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < body.length; at += 70_000) {
        controller.enqueue(body.subarray(at, at + 70_000));
      }
      controller.close();
    },
  });
  const url = `http://127.0.0.1:${pair.port}/`;
  const answers = await Promise.all([
    fetch(url, { method: 'POST', body }),
    fetch(url, { method: 'POST', body: streamed, duplex: 'half' }),
  ]);
  const [whole, chunked] = answers;
  assert.equal(whole?.headers.get('content-length'), String(body.length));
  assert.equal(chunked?.headers.get('transfer-encoding'), 'chunked');
  for (const answer of answers) {
    assert.equal(digest(Buffer.from(await answer.arrayBuffer())), digest(body));
  }
});

test('chunked trailers go through in both directions, framing fields in them do not', async (t) => {
  let trailers: NodeJS.Dict<string> = {};
  const pair = await startPair(t, (req, res) => {
    req.resume().on('end', () => {
      trailers = req.trailers;
      res.writeHead(200, { Trailer: 'X-Sum' });
      res.write('body');
      res.addTrailers({ 'X-Sum': '42' });
      res.end();
    });
  });
  const answer = await speak(
    pair.port,
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-Up: 7\r\n\r\n`,
  );
  assert.deepEqual({ ...trailers }, { 'x-up': '7' });
  assert.match(answer, /transfer-encoding: chunked/);
  assert.match(answer, /\r\n4\r\nbody\r\n0\r\nx-sum: 42\r\n\r\n$/);
  assert.deepEqual(pair.outbound.exchanges[0]?.trailers, [['x-sum', '42']]);
});

test('answers without a body have none: HEAD, 204, 304, and an empty one has length 0', async (t) => {
  const pair = await startPair(t, (req, res) => {
    if (req.url === '/204') res.writeHead(204).end();
    else if (req.url === '/304') res.writeHead(304, { etag: '"x"' }).end();
    else if (req.url === '/empty') res.end();
    else res.writeHead(200, { 'content-length': 12 }).end('hello, world');
  });
  const answer = await speak(
    pair.port,
    ['HEAD /', 'GET /204', 'GET /304', 'GET /empty', 'GET /last']
      .map(
        (line) =>
          `${line} HTTP/1.1\r\n${HOST}${line === 'GET /last' ? 'Connection: close\r\n' : ''}\r\n`,
      )
      .join(''),
  );
  const heads = answer.split('HTTP/1.1 ').slice(1);
  assert.deepEqual(
    heads.map((head) => head.slice(0, 3)),
    ['200', '204', '304', '200', '200'],
  );
  assert.match(heads[0] ?? '', /content-length: 12\r\n(.+\r\n)*\r\n$/);
  for (const head of heads.slice(0, 4)) assert.match(head, /\r\n\r\n$/);
  assert.match(heads[3] ?? '', /content-length: 0\r\n/);
  assert.match(heads[4] ?? '', /hello, world$/);
});

test('interim answers pass: 100 before the body is sent, 103 before the answer', async (t) => {
  const app = http.createServer((req, res) => {
    res.writeEarlyHints({ link: '</a.css>; rel=preload' });
    req.pipe(res);
  });
  const pair = await startCarriedPair(t, await listen(t, app));
  const socket = net.connect({ port: pair.port, host: '127.0.0.1' });
  t.after(() => socket.destroy());
  socket.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\nExpect: 100-continue\r\n\r\n`);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    const had = text.includes(' 100 ');
    text += chunk.toString();
    if (!had && text.includes(' 100 ')) socket.write('body');
  });
  while (!text.includes('\r\nbody\r\n')) await once(socket, 'data');
  assert.match(text, /^HTTP\/1\.1 100 Continue\r\n/);
  assert.match(text, /HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload\r\n/);
  assert.match(text, /HTTP\/1\.1 200 OK/);
});

test('an HTTP/1.0 client gets HTTP/1.0: no chunks, no interim answers, the end is the end', async (t) => {
  let version = '';
  const pair = await startPair(t, (req, res) => {
    version = req.httpVersion;
    res.write('one ');
    res.end('two');
  });
  const answer = await speak(pair.port, `GET / HTTP/1.0\r\n\r\n`);
  assert.equal(version, '1.0');
  assert.match(answer, /^HTTP\/1\.0 200 OK\r\n/);
  assert.match(answer, /\r\n\r\none two$/);
  assert.doesNotMatch(answer, /transfer-encoding/);
});

test('an absolute-form target stays one', async (t) => {
  const pair = await startPair(t, (req, res) => res.end(`${req.url} ${req.headers.host}`));
  const answer = await speak(
    pair.port,
    `GET http://web.demo/x HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
  );
  assert.match(answer, /http:\/\/web\.demo\/x web\.demo$/);
});

test('an upgrade goes beside over HTTP/1, while requests go on as HTTP/2', async (t) => {
  const app = http.createServer((_, res) => res.end('plain'));
  app.on('upgrade', (_req, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n',
    );
    socket.pipe(socket);
  });
  const pair = await startCarriedPair(t, await listen(t, app));
  assert.equal(await (await fetch(`http://127.0.0.1:${pair.port}/`)).text(), 'plain');
  const echoed = await speak(
    pair.port,
    `GET /ws HTTP/1.1\r\n${HOST}Upgrade: echo\r\nConnection: Upgrade\r\n\r\nping`,
    /ping$/,
  );
  assert.match(echoed, /^HTTP\/1\.1 101 /);
  assert.match(echoed, /ping$/);
  assert.deepEqual(pair.protocols, ['http2', 'http1']);
});

test('a server that resets before its answer is 502, one that breaks off in it cuts the client off', async (t) => {
  const pair = await startRawPair(t, (socket) => {
    socket.once('data', (head: Buffer) => {
      if (head.includes('/cut')) {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\npart', () =>
          socket.resetAndDestroy(),
        );
      } else socket.resetAndDestroy();
    });
  });
  const refused = await speak(
    pair.port,
    `POST /gone HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`,
    /\r\n\r\n/,
  );
  assert.match(refused, /^HTTP\/1\.1 502 /);
  assert.match(refused, /l5d-proxy-error: /);
  const cut = await speak(pair.port, `GET /cut HTTP/1.1\r\n${HOST}\r\n`);
  assert.match(cut, /content-length: 99\r\n/);
  assert.doesNotMatch(cut, /HTTP[^]+HTTP/);
  await untilEnded(pair, 2);
  assert.equal(pair.outbound.exchanges[1]?.ends[0]?.kind, 'server-reset');
  assert.equal(pair.inbound.exchanges[1]?.ends[0]?.kind, 'server-reset');
});

test('a malformed answer is 502 and nothing of it is forwarded', async (t) => {
  const pair = await startRawPair(t, (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\nevil'));
  });
  const answer = await speak(pair.port, `GET / HTTP/1.1\r\n${HOST}\r\n`, /\r\n\r\n/);
  assert.match(answer, /^HTTP\/1\.1 502 /);
  assert.ok(!answer.includes('evil'));
});

test('a client that leaves mid-body ends both exchanges and the application hears of it', async (t) => {
  const aborted = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const pair = await startPair(t, (req) => {
    req.on('data', () => arrived.resolve());
    req.on('close', () => aborted.resolve());
    req.on('error', () => {});
  });
  const socket = net.connect({ port: pair.port, host: '127.0.0.1' });
  socket.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\nsome`);
  await arrived.promise;
  socket.destroy();
  await aborted.promise;
  await untilEnded(pair);
  assert.equal(pair.outbound.exchanges[0]?.ends[0]?.kind, 'client-reset');
  assert.equal(pair.inbound.exchanges[0]?.ends[0]?.kind, 'client-reset');
});

test('a client that does not read holds only its own answer up', async (t) => {
  const big = Buffer.alloc(8 << 20, 'x');
  let written = 0;
  const pair = await startPair(t, (req, res) => {
    if (req.url !== '/big') return void res.end('small');
    res.on('drain', () => (written += 1));
    res.writeHead(200, { 'content-length': big.length });
    const write = (at: number): void => {
      if (at >= big.length) return void res.end();
      written = at;
      if (res.write(big.subarray(at, at + 65_536))) setImmediate(write, at + 65_536);
      else res.once('drain', () => write(at + 65_536));
    };
    write(0);
  });
  const slow = net.connect({ port: pair.port, host: '127.0.0.1' });
  t.after(() => slow.destroy());
  slow.pause();
  slow.write(`GET /big HTTP/1.1\r\n${HOST}\r\n`);
  let last = -1;
  while (written !== last) {
    last = written;
    await new Promise((go) => setTimeout(go, 100));
  }
  assert.ok(written < big.length, `${written} bytes were taken of nobody's reading`);
  assert.equal(await (await fetch(`http://127.0.0.1:${pair.port}/`)).text(), 'small');
  let bytes = 0;
  slow.on('data', (chunk: Buffer) => (bytes += chunk.length));
  slow.resume();
  while (bytes < big.length) await once(slow, 'data');
});

test('many clients that do not read hold nobody up who shares their connection', async (t) => {
  const big = Buffer.alloc(8 << 20, 'x');
  const pair = await startPair(t, (req, res) => {
    res.end(req.url === '/big' ? big : 'small');
  });
  // Each takes a stream's window for itself; twenty took more than a connection's 1 MiB.
  for (let i = 0; i < 20; i += 1) {
    const socket = net.connect({ port: pair.port, host: '127.0.0.1' });
    t.after(() => socket.destroy());
    socket.pause();
    socket.write(`GET /big HTTP/1.1\r\n${HOST}\r\n`);
  }
  const received = (): number => pair.outbound.exchanges.reduce((sum, { bytes }) => sum + bytes, 0);
  let last = -1;
  while (received() !== last || last <= 0) {
    last = received();
    await new Promise((go) => setTimeout(go, 200));
  }
  assert.equal(await (await fetch(`http://127.0.0.1:${pair.port}/`)).text(), 'small');
  assert.deepEqual(pair.protocols, ['http2']);
});

test('the timeout of the route is 504 before the answer and a cut within it', async (t) => {
  const pair = await startPair(t, (req, res) => {
    if (req.url === '/half') res.write('half');
  });
  pair.outbound.timeoutMs = 60;
  const late = await speak(pair.port, `GET / HTTP/1.1\r\n${HOST}\r\n`, /\r\n\r\n/);
  assert.match(late, /^HTTP\/1\.1 504 /);
  const half = await speak(pair.port, `GET /half HTTP/1.1\r\n${HOST}\r\n`);
  assert.match(half, /half/);
  assert.deepEqual(
    pair.outbound.exchanges.map(({ ends }) => ends),
    [[{ kind: 'timeout' }], [{ kind: 'timeout' }]],
  );
});

test('a failed answer is tried again, its body sent again', async (t) => {
  const bodies: string[] = [];
  const pair = await startPair(t, (req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      bodies.push(body);
      res.writeHead(bodies.length === 1 ? 503 : 200).end('done');
    });
  });
  pair.outbound.attempts = 1;
  pair.outbound.replayBytes = 1024;
  const answer = await fetch(`http://127.0.0.1:${pair.port}/`, { method: 'POST', body: 'again' });
  assert.deepEqual([answer.status, await answer.text()], [200, 'done']);
  assert.deepEqual(bodies, ['again', 'again']);
});

test('where the next endpoint to try takes no HTTP/2, the request goes there as HTTP/1', async (t) => {
  const app = http.createServer((req, res) => req.pipe(res));
  const appPort = await listen(t, app);
  const pair = await startCarriedPair(t, appPort);
  const plain = new FixedEndpoint(appPort);
  t.after(() => plain.closePools());
  const gone = new FixedEndpoint(1, pair.outbound.endpoint.tls);
  gone.protocolHint = 'h2';
  const begin = pair.outbound.begin.bind(pair.outbound);
  pair.outbound.begin = (head) => {
    const exchange = begin(head) as RecordedExchange;
    exchange.endpoint = gone;
    exchange.attemptFailed = () => {
      exchange.endpoint = plain;
      return 'retry';
    };
    return exchange;
  };
  const answer = await fetch(`http://127.0.0.1:${pair.port}/`, { method: 'POST', body: 'beside' });
  assert.equal(await answer.text(), 'beside');
  assert.deepEqual(pair.protocols, []);
});

test('a broken chunk is 400, and neither side gets the end of the request', async (t) => {
  let ended = false;
  const pair = await startPair(t, (req) => {
    req.on('end', () => (ended = true)).on('error', () => {});
    req.resume();
  });
  const answer = await speak(
    pair.port,
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabcX`,
  );
  assert.match(answer, /^HTTP\/1\.1 400 /);
  await untilEnded(pair);
  assert.equal(ended, false);
});

test('from a stranger the mesh header is not believed: the request stays HTTP/2', async (t) => {
  const pair = await startPair(t, (_, res) => res.end('never'), { isStranger: true });
  const answer = await speak(pair.port, `GET / HTTP/1.1\r\n${HOST}\r\n`, /\r\n\r\n/);
  // The application here speaks HTTP/1 only, so that HTTP/2 gets no answer from it.
  assert.match(answer, /^HTTP\/1\.1 502 /);
});
