import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import {
  collect,
  connectClient,
  request,
  startBackend,
  startProxy,
} from '../testing/http2-harness.ts';

test('a request goes through and its answer comes back', async (t) => {
  const backend = await startBackend(t, (stream, headers) => {
    stream.respond({
      ':status': 200,
      'x-path': String(headers[':path']),
      'x-seen': String(headers['x-probe']),
    });
    stream.end('hello');
  });
  const proxy = await startProxy(t, backend.port);
  const session = connectClient(t, proxy.port);
  const answer = await request(session, { ':path': '/a?b=c', 'x-probe': 'ü\t1' });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['x-path'], '/a?b=c');
  assert.equal(String(answer.body), 'hello');
  const exchange = proxy.service.exchanges[0];
  assert.deepEqual(exchange?.ends, [{ kind: 'complete' }]);
  assert.equal(exchange?.bytes, 5);
  assert.equal(exchange?.firstBytes, 1);
});

test('large bodies go both ways unchanged', async (t) => {
  const backend = await startBackend(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
  const proxy = await startProxy(t, backend.port);
  const session = connectClient(t, proxy.port);
  const body = randomBytes(5_000_000);
  const answer = await request(session, { ':method': 'POST' }, body);
  const digest = (data: Buffer) => createHash('md5').update(data).digest('hex');
  assert.equal(answer.body.length, body.length);
  assert.equal(digest(answer.body), digest(body));
});

test('many concurrent streams on one connection, more than the endpoint allows at once', async (t) => {
  const backend = await startBackend(
    t,
    (stream, headers) => {
      stream.respond({ ':status': 200 });
      setImmediate(() => stream.end(String(headers[':path'])));
    },
    { maxConcurrentStreams: 20 },
  );
  const proxy = await startProxy(t, backend.port);
  const session = connectClient(t, proxy.port);
  const paths = Array.from({ length: 1000 }, (_, i) => `/item/${i}`);
  for (let at = 0; at < paths.length; at += 250) {
    const round = paths.slice(at, at + 250);
    const answers = await Promise.all(round.map((path) => request(session, { ':path': path })));
    assert.deepEqual(
      answers.map((answer) => String(answer.body)),
      round,
    );
  }
  assert.ok(backend.sessions.length > 1);
  assert.ok(backend.sessions.length <= 16);
});

test('interim answers, trailers and header-only answers are forwarded', async (t) => {
  const backend = await startBackend(t, (stream, headers) => {
    if (headers[':path'] === '/empty') {
      stream.respond({ ':status': 204 }, { endStream: true });
      return;
    }
    stream.additionalHeaders({ ':status': 103, link: '</a>' });
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }));
    stream.end('body');
  });
  const proxy = await startProxy(t, backend.port);
  const session = connectClient(t, proxy.port);
  const answer = await request(session, {});
  assert.deepEqual(answer.interim, [103]);
  assert.equal(answer.trailers['x-sum'], '42');
  assert.deepEqual(proxy.service.exchanges[0]?.trailers, [['x-sum', '42']]);
  const empty = await request(session, { ':path': '/empty' });
  assert.equal(empty.status, 204);
  assert.equal(proxy.service.exchanges[1]?.firstBytes, 1);
});

test('request trailers are forwarded', async (t) => {
  const backend = await startBackend(t, (stream) => {
    stream.on('trailers', (trailers) => {
      stream.respond({ ':status': 200, 'x-got': String(trailers['x-sum']) });
      stream.end();
    });
    stream.resume();
  });
  const proxy = await startProxy(t, backend.port);
  const session = connectClient(t, proxy.port);
  const stream = session.request({ ':method': 'POST', ':path': '/' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7' }));
  stream.end('x');
  const answer = await collect(stream);
  assert.equal(answer.headers['x-got'], '7');
});

test('headers larger than one frame go through', async (t) => {
  const backend = await startBackend(t, (stream, headers) => {
    stream.respond({ ':status': 200, 'x-back': String(headers['x-big']) });
    stream.end();
  });
  const proxy = await startProxy(t, backend.port, { limits: { maxHeadBytes: 60_000 } });
  const session = connectClient(t, proxy.port);
  const big = randomBytes(20_000).toString('hex');
  const answer = await request(session, { 'x-big': big });
  assert.equal(answer.headers['x-back'], big);
});

test('a head over the limit gets 431 and is counted', async (t) => {
  const backend = await startBackend(t, () => assert.fail('reached the backend'));
  const proxy = await startProxy(t, backend.port, { limits: { maxHeadBytes: 8000 } });
  const session = connectClient(t, proxy.port);
  await once(session, 'remoteSettings');
  const answer = await request(session, { 'x-big': 'a'.repeat(9000) });
  assert.equal(answer.status, 431);
  assert.equal(proxy.service.malformed[0]?.status, 431);
});

test('a reset by the server reaches the client with its code', async (t) => {
  const backend = await startBackend(t, (stream) => stream.close(11));
  const proxy = await startProxy(t, backend.port);
  const session = connectClient(t, proxy.port);
  await assert.rejects(request(session, {}), /NGHTTP2_ENHANCE_YOUR_CALM/);
  assert.deepEqual(proxy.service.exchanges[0]?.ends, [{ kind: 'server-reset', code: 11 }]);
});

test('a reset amid the answer reaches the client', async (t) => {
  const backend = await startBackend(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.write('part');
    setTimeout(() => stream.destroy(new Error('broken')), 20);
  });
  const proxy = await startProxy(t, backend.port);
  await assert.rejects(request(connectClient(t, proxy.port), {}), /NGHTTP2_INTERNAL_ERROR/);
  assert.deepEqual(proxy.service.exchanges[0]?.ends, [{ kind: 'server-reset', code: 2 }]);
});

test('a reset by the client reaches the server as CANCEL', async (t) => {
  const reset = Promise.withResolvers<number | undefined>();
  const backend = await startBackend(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.write('part');
    stream.once('close', () => reset.resolve(stream.rstCode));
  });
  const proxy = await startProxy(t, backend.port);
  const session = connectClient(t, proxy.port);
  const stream = session.request({ ':path': '/' });
  stream.on('error', () => {});
  await once(stream, 'data');
  stream.close(8);
  assert.equal(await reset.promise, 8);
  assert.deepEqual(proxy.service.exchanges[0]?.ends, [{ kind: 'client-reset', code: 8 }]);
});

test('a slow reader slows the writer down and nothing piles up', async (t) => {
  let wrote = 0;
  const backend = await startBackend(t, (stream) => {
    stream.respond({ ':status': 200 });
    const chunk = Buffer.alloc(16_384);
    const write = () => {
      while (wrote < 8_000_000) {
        wrote += chunk.length;
        if (!stream.write(chunk)) {
          stream.once('drain', write);
          return;
        }
      }
      stream.end();
    };
    write();
  });
  const proxy = await startProxy(t, backend.port);
  const session = connectClient(t, proxy.port);
  const stream = session.request({ ':path': '/' });
  await once(stream, 'response');
  let before = -1;
  while (before !== wrote) {
    before = wrote;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(wrote < 600_000, `${wrote} bytes left the server`);
  const answer = await collect(stream);
  assert.equal(answer.body.length, wrote);
});

test('tiny windows only make it slow', async (t) => {
  const backend = await startBackend(
    t,
    (stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    },
    { initialWindowSize: 100 },
  );
  const proxy = await startProxy(t, backend.port);
  const session = connectClient(t, proxy.port, { initialWindowSize: 77 });
  const body = randomBytes(20_000);
  const answer = await request(session, { ':method': 'POST' }, body);
  assert.deepEqual(answer.body, body);
});

test('an endpoint that cannot be reached gets 502 and says why', async (t) => {
  const proxy = await startProxy(t, 1);
  const answer = await request(connectClient(t, proxy.port), {});
  assert.equal(answer.status, 502);
  assert.match(String(answer.headers['l5d-proxy-error']), /./);
  assert.equal(proxy.service.exchanges[0]?.ends[0]?.kind, 'refused');
  const grpc = await request(connectClient(t, proxy.port), { 'content-type': 'application/grpc' });
  assert.equal(grpc.status, 200);
  assert.equal(grpc.headers['grpc-status'], '14');
});

test('a timeout answers 504, or gRPC status 4, and resets the server', async (t) => {
  let resets = 0;
  const bothReset = Promise.withResolvers<void>();
  const backend = await startBackend(t, (stream) => {
    stream.once('close', () => {
      resets += 1;
      if (resets === 2) bothReset.resolve();
    });
  });
  const proxy = await startProxy(t, backend.port);
  proxy.service.timeoutMs = 50;
  const session = connectClient(t, proxy.port);
  assert.equal((await request(session, {})).status, 504);
  const grpc = await request(session, { 'content-type': 'application/grpc+proto' });
  assert.equal(grpc.headers['grpc-status'], '4');
  assert.deepEqual(
    proxy.service.exchanges.map((exchange) => exchange.ends),
    [[{ kind: 'timeout' }], [{ kind: 'timeout' }]],
  );
  await bothReset.promise;
});

test('an answer is retried with the body sent again', async (t) => {
  let calls = 0;
  const backend = await startBackend(t, (stream) => {
    calls += 1;
    stream.respond({ ':status': calls < 3 ? 503 : 200 });
    if (calls < 3) stream.end();
    else stream.pipe(stream);
  });
  const proxy = await startProxy(t, backend.port);
  proxy.service.attempts = 2;
  proxy.service.replayBytes = 64 * 1024;
  const body = randomBytes(50_000);
  const answer = await request(connectClient(t, proxy.port), { ':method': 'POST' }, body);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, body);
  assert.equal(calls, 3);
});

test('a body too large to keep is not retried', async (t) => {
  const backend = await startBackend(t, (stream) => {
    stream.resume();
    stream.once('end', () => {
      stream.respond({ ':status': 503 });
      stream.end();
    });
  });
  const proxy = await startProxy(t, backend.port);
  proxy.service.attempts = 2;
  proxy.service.replayBytes = 10_000;
  const answer = await request(
    connectClient(t, proxy.port),
    { ':method': 'POST' },
    randomBytes(300_000),
  );
  assert.equal(answer.status, 503);
  assert.equal(proxy.service.exchanges[0]?.statuses.length, 1);
});

test('GOAWAY of the server under load fails no request', async (t) => {
  const backend = await startBackend(t, (stream, headers) => {
    stream.respond({ ':status': 200 });
    setTimeout(() => stream.end(String(headers[':path'])), 5);
  });
  const proxy = await startProxy(t, backend.port);
  const session = connectClient(t, proxy.port);
  const goaways = setInterval(() => backend.sessions.at(-1)?.close(), 15);
  const bodies: string[] = [];
  for (let round = 0; round < 20; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => request(session, { ':path': `/${round}/${i}` })),
    );
    for (const answer of answers) bodies.push(String(answer.body));
  }
  clearInterval(goaways);
  assert.equal(bodies.length, 400);
  assert.ok(backend.sessions.length > 2);
  assert.ok(proxy.service.exchanges.every((exchange) => exchange.ends[0]?.kind === 'complete'));
});

test('a drained connection finishes its streams and closes', async (t) => {
  const backend = await startBackend(t, (stream) => {
    stream.respond({ ':status': 200 });
    setTimeout(() => stream.end('late'), 100);
  });
  const proxy = await startProxy(t, backend.port);
  const session = connectClient(t, proxy.port);
  const pending = request(session, {});
  while (proxy.service.exchanges.length === 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
  proxy.served[0]?.drain();
  assert.equal(String((await pending).body), 'late');
  await proxy.served[0]?.closed;
});

test('a server that dies before its answer is a broken attempt, amid it a reset', async (t) => {
  const backend = await startBackend(t, (stream, headers) => {
    if (headers[':path'] === '/mid') {
      stream.respond({
        ':status': 200,
        'content-type': headers['content-type'] ?? 'text/plain',
      });
      stream.write('part');
      setTimeout(() => stream.session?.destroy(), 30);
    } else stream.session?.destroy();
  });
  const proxy = await startProxy(t, backend.port);
  const session = connectClient(t, proxy.port);
  const early = await request(session, { ':method': 'POST' }, Buffer.from('x'));
  assert.equal(early.status, 502);
  assert.equal(proxy.service.exchanges[0]?.failures[0]?.failure.kind, 'broken');
  await assert.rejects(request(session, { ':path': '/mid' }));
  const grpc = await request(session, { ':path': '/mid', 'content-type': 'application/grpc' });
  assert.equal(grpc.trailers['grpc-status'], '14');
});

test('connections without streams are closed after the idle time', async (t) => {
  const backend = await startBackend(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.end();
  });
  const proxy = await startProxy(t, backend.port, {
    limits: { clientIdleTimeoutMs: 300, poolIdleTimeoutMs: 300 },
  });
  const session = connectClient(t, proxy.port);
  await request(session, {});
  await Promise.all([once(session, 'close'), once(backend.sessions[0] as never, 'close')]);
});

test('what a server says in the name of a proxy is not passed on', async (t) => {
  const backend = await startBackend(t, (stream) => {
    stream.respond({ ':status': 503, 'l5d-proxy-error': 'forged', 'x-kept': 'yes' });
    stream.end();
  });
  const proxy = await startProxy(t, backend.port);
  const answer = await request(connectClient(t, proxy.port), {});
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-kept'], 'yes');
  assert.equal(answer.headers['l5d-proxy-error'], undefined);
});
