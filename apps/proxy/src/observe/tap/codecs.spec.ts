/** What the codecs tell an exchange that somebody watches: how long its connection took, and its bodies. */
import assert from 'node:assert/strict';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { LeanSocket } from '../../connect/lean-socket.ts';
import { serveHttp1 } from '../../http1/serve-http1.ts';
import { codecContext } from '../../testing/codec-context.ts';
import { FixedEndpoint } from '../../testing/fixed-endpoint.ts';
import { FixedService, type RecordedExchange } from '../../testing/fixed-service.ts';
import {
  connectClient,
  listen,
  LOCAL_PEER,
  request,
  startBackend,
  startProxy,
} from '../../testing/http2-harness.ts';

function assertDialedOnce(exchanges: readonly RecordedExchange[]): void {
  assert.deepEqual(
    exchanges.map(({ dials }) => dials.length),
    [1, 0],
  );
  const [timing] = exchanges[0]?.dials ?? [];
  assert.ok(timing !== undefined && timing.connectMs >= 0);
  assert.equal(timing.tlsMs, null);
}

async function startHttp1(t: TestContext) {
  const origin = createHttpServer((incoming, answer) => {
    incoming.resume().on('end', () => {
      answer.write('hello');
      answer.end();
    });
  });
  const endpoint = new FixedEndpoint(await listen(t, origin));
  const service = new FixedService(endpoint);
  const context = codecContext();
  const proxy = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    serveHttp1(LeanSocket.adopt(socket), Buffer.alloc(0), LOCAL_PEER, service, context);
  });
  const port = await listen(t, proxy);
  t.after(() => endpoint.closePools());
  const post = async (): Promise<void> => {
    const sent = httpRequest({ port, method: 'POST', host: '127.0.0.1', agent: false });
    sent.write('{"a":');
    sent.end('1}');
    const [answer] = await once(sent, 'response');
    await once(answer.resume(), 'end');
  };
  return { service, post };
}

test('HTTP/1 tells of the connection it opened, and shows bodies with their chunks', async (t) => {
  const { service, post } = await startHttp1(t);
  service.showsBodies = true;
  await post();
  await post();
  assertDialedOnce(service.exchanges);
  for (const { sent, received } of service.exchanges) {
    assert.equal(sent, '5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n');
    assert.equal(received, '5\r\nhello\r\n0\r\n\r\n');
  }
});

test('HTTP/2 tells of the connection it opened, and shows bodies', async (t) => {
  const { port } = await startBackend(t, (stream) => {
    stream.resume().on('end', () => {
      stream.respond({ ':status': 200 });
      stream.end('hello');
    });
  });
  const proxy = await startProxy(t, port);
  proxy.service.showsBodies = true;
  const client = connectClient(t, proxy.port);
  for (const body of ['first', 'second']) {
    await request(client, { ':method': 'POST' }, Buffer.from(body));
  }
  assertDialedOnce(proxy.service.exchanges);
  assert.deepEqual(
    proxy.service.exchanges.map(({ sent, received }) => [sent, received]),
    [
      ['first', 'hello'],
      ['second', 'hello'],
    ],
  );
});

test('bodies are shown to nobody who did not ask', async (t) => {
  const { service, post } = await startHttp1(t);
  await post();
  assert.equal(service.exchanges[0]?.sent, '');
  assert.equal(service.exchanges[0].received, '');
});
