/** Two hops with mutual TLS between them, as two sidecars speak: app → codec ══mTLS══ codec → app. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';
import { test, type TestContext } from 'node:test';
import { createServer } from 'node:tls';
import { createDial } from '../connect/dial.ts';
import { TEST_LIMITS } from '../testing/codec-context.ts';
import { secureContextFor, testAuthority } from '../testing/certified.ts';
import { FixedEndpoint } from '../testing/fixed-endpoint.ts';
import { FixedService } from '../testing/fixed-service.ts';
import {
  LOCAL_PEER,
  connectClient,
  listen,
  request,
  startBackend,
  startProxy,
} from '../testing/http2-harness.ts';
import { serveHttp2 } from './server.ts';

const SERVER = 'web.demo.serviceaccount.identity.tulle.cluster.local';
const CLIENT = 'bot.demo.serviceaccount.identity.tulle.cluster.local';

async function startPair(t: TestContext, backendPort: number): Promise<number> {
  const authority = await testAuthority();
  const [serverContext, clientContext] = await Promise.all([
    secureContextFor(authority, SERVER),
    secureContextFor(authority, CLIENT),
  ]);
  const inner = await startProxy(t, backendPort);
  const tlsServer = createServer(
    {
      requestCert: true,
      rejectUnauthorized: false,
      SNICallback: (_name, done) => done(null, serverContext),
    },
    (socket) => {
      serveHttp2(socket, Buffer.alloc(0), LOCAL_PEER, inner.service, inner.context);
    },
  );
  const tlsPort = await listen(t, tlsServer);
  const endpoint = new FixedEndpoint(tlsPort, {
    kind: 'mutual',
    serverName: SERVER,
    identity: SERVER,
  });
  t.after(() => endpoint.closePools());
  const service = new FixedService(endpoint);
  const dial = createDial({
    connectTimeoutMs: 2000,
    keepaliveMs: null,
    clientContext: () => clientContext,
  });
  const context = { dial, now: () => performance.now(), limits: TEST_LIMITS };
  return listen(
    t,
    net.createServer({ noDelay: true }, (socket) => {
      serveHttp2(socket, Buffer.alloc(0), LOCAL_PEER, service, context);
    }),
  );
}

test('large and small bodies on many streams arrive unchanged through mutual TLS', async (t) => {
  const backend = await startBackend(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
  const session = connectClient(t, await startPair(t, backend.port));
  const digest = (data: Buffer) => createHash('md5').update(data).digest('hex');
  const bodies = Array.from({ length: 120 }, (_, i) =>
    randomBytes(i % 10 === 0 ? 400_000 : i * 37),
  );
  const answers = await Promise.all(
    bodies.map((body, i) =>
      request(session, { ':method': 'POST', ':path': `/${i}`, 'x-i': String(i) }, body),
    ),
  );
  assert.deepEqual(
    answers.map((answer) => digest(answer.body)),
    bodies.map((body) => digest(body)),
  );
});
