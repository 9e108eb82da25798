/** The floods of `floods.spec.ts` inside TLS, where writes take another way out and a reset may overtake the GOAWAY. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { createServer } from 'node:tls';
import { secureContextFor, testAuthority } from '../testing/certified.ts';
import { FLOODS, flood } from '../testing/http2-floods.ts';
import {
  LOCAL_PEER,
  connectClient,
  listen,
  request,
  startBackend,
  startProxy,
} from '../testing/http2-harness.ts';
import { connectRawSecure } from '../testing/raw-http2.ts';
import { serveHttp2 } from './server.ts';

const NAME = 'web.demo.serviceaccount.identity.tulle.cluster.local';
const context = await secureContextFor(await testAuthority(), NAME);

/** Ports of one proxy, plain and inside TLS. */
async function startBoth(t: TestContext): Promise<{ plain: number; secure: number }> {
  const backend = await startBackend(t, (stream, head) => {
    if (head[':path'] !== '/ok') return;
    stream.respond({ ':status': 200 });
    stream.end('fine');
  });
  const { port, service, context: codec } = await startProxy(t, backend.port);
  const server = createServer(
    { SNICallback: (_name, done) => done(null, context), ALPNProtocols: ['h2'] },
    (socket) => void serveHttp2(socket, Buffer.alloc(0), LOCAL_PEER, service, codec),
  );
  return { plain: port, secure: await listen(t, server) };
}

describe('inside TLS a connection is closed for a flood of', () => {
  for (const one of FLOODS) {
    test(one.name, async (t) => {
      const { plain, secure } = await startBoth(t);
      const bystander = connectClient(t, plain);
      await request(bystander, { ':path': '/ok' });
      await flood(await connectRawSecure(t, secure), one);
      const answer = await request(bystander, { ':path': '/ok' });
      assert.equal(String(answer.body), 'fine');
    });
  }
});
