/** gRPC as applications speak it: connect-node on both ends, the codec between. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http2';
import { test, type TestContext } from 'node:test';
import { Code, ConnectError, createClient, type ConnectRouter } from '@connectrpc/connect';
import {
  connectNodeAdapter,
  createGrpcTransport,
  Http2SessionManager,
} from '@connectrpc/connect-node';
import { Destination, Identity } from '@tulle/proxy-api';
import type { Exchange, HttpService, RequestHead, Verdict } from '../stack/http-service.ts';
import { listen, startProxy, type ServedProxy } from '../testing/http2-harness.ts';
import { FixedService, RecordedExchange } from '../testing/fixed-service.ts';

async function start(
  t: TestContext,
  routes: (router: ConnectRouter) => void,
  wrap?: (service: FixedService) => HttpService,
) {
  const server = createServer(connectNodeAdapter({ routes }));
  const proxy: ServedProxy = await startProxy(
    t,
    await listen(t, server),
    wrap === undefined ? {} : { wrap },
  );
  const baseUrl = `http://127.0.0.1:${proxy.port}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  t.after(() => sessionManager.abort());
  const transport = createGrpcTransport({ baseUrl, sessionManager });
  return {
    proxy,
    identity: createClient(Identity, transport),
    destination: createClient(Destination, transport),
  };
}

function hasCode(code: Code, message: RegExp = /./) {
  return (error: unknown) =>
    error instanceof ConnectError && error.code === code && message.test(error.rawMessage);
}

test('a unary call, and one that fails with trailers only', async (t) => {
  const { identity, proxy } = await start(t, (router) => {
    router.service(Identity, {
      certify: (request) => {
        if (request.identity === '')
          throw new ConnectError('kein Name – no name', Code.InvalidArgument);
        return { leafCertificate: request.token };
      },
    });
  });
  const token = new Uint8Array(100_000).fill(5);
  const answer = await identity.certify({ identity: 'a', token });
  assert.ok(Buffer.from(token).equals(answer.leafCertificate));
  await assert.rejects(identity.certify({}), hasCode(Code.InvalidArgument, /kein Name – no name/));
  const statuses = proxy.service.exchanges.map(
    (exchange) => Object.fromEntries(exchange.trailers)['grpc-status'],
  );
  assert.equal(statuses[0], '0');
});

test('a stream of many messages, with trailers behind', async (t) => {
  const { destination, proxy } = await start(t, (router) => {
    router.service(Destination, {
      async *get() {
        for (let i = 0; i < 500; i += 1) {
          yield { update: { case: 'noEndpoints', value: { exists: i % 2 === 0 } } };
        }
      },
    });
  });
  let count = 0;
  for await (const update of destination.get({ path: 'a' })) {
    assert.equal(update.update.case, 'noEndpoints');
    count += 1;
  }
  assert.equal(count, 500);
  assert.deepEqual(proxy.service.exchanges[0]?.ends, [{ kind: 'complete' }]);
});

test('messages of an open stream come at once, and the client’s end reaches the server', async (t) => {
  const aborted = Promise.withResolvers<void>();
  const { destination, proxy } = await start(t, (router) => {
    router.service(Destination, {
      async *get(_request, { signal }) {
        yield { update: { case: 'noEndpoints', value: { exists: true } } };
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        aborted.resolve();
      },
    });
  });
  const client = new AbortController();
  await assert.rejects(async () => {
    for await (const _update of destination.get({ path: 'a' }, { signal: client.signal }))
      client.abort();
  }, hasCode(Code.Canceled));
  await aborted.promise;
  assert.equal(proxy.service.exchanges[0]?.ends[0]?.kind, 'client-reset');
});

test('a deadline of the client ends the call at the server', async (t) => {
  const { identity } = await start(t, (router) => {
    router.service(Identity, {
      certify: async (_request, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return {};
      },
    });
  });
  await assert.rejects(identity.certify({}, { timeoutMs: 50 }), hasCode(Code.DeadlineExceeded));
});

test('a dead endpoint is Unavailable, with the reason', async (t) => {
  const { identity, proxy } = await start(t, () => {});
  Object.assign(proxy.endpoint, { port: 1 });
  await assert.rejects(identity.certify({}), hasCode(Code.Unavailable));
});

/** Holds each answer until its trailers and retries what failed, as a route with retries does. */
class HoldingExchange extends RecordedExchange {
  override responseHead(): Verdict {
    return 'hold';
  }
  override responseTrailers(
    trailers: readonly (readonly [string, string])[],
    canRetry = false,
  ): 'forward' {
    this.trailers = trailers;
    const failed = trailers.some(([name, value]) => name === 'grpc-status' && value !== '0');
    return (failed && canRetry ? 'retry' : 'forward') as 'forward';
  }
}

test('an answer that fails in its trailers is retried and never seen', async (t) => {
  let calls = 0;
  const exchanges: HoldingExchange[] = [];
  const { identity } = await start(
    t,
    (router) => {
      router.service(Identity, {
        certify: (request, context) => {
          calls += 1;
          if (calls < 3) {
            // A head of its own in front of the trailers.
            context.responseHeader.set('x-attempt', String(calls));
            throw new ConnectError('not yet', Code.Unavailable);
          }
          return { leafCertificate: request.token };
        },
      });
    },
    (service) => ({
      begin: (head: RequestHead): Exchange => {
        service.replayBytes = 65_536;
        const exchange = new HoldingExchange(service, head);
        exchanges.push(exchange);
        return exchange;
      },
      countMalformed: () => assert.fail('malformed'),
    }),
  );
  const answer = await identity.certify({ token: new Uint8Array([1, 2, 3]) });
  assert.deepEqual([...answer.leafCertificate], [1, 2, 3]);
  assert.equal(calls, 3);
  assert.deepEqual(exchanges[0]?.ends, [{ kind: 'complete' }]);
});
