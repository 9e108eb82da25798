import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer, connect as connectTls } from 'node:tls';
import { after, test } from 'node:test';
import { LeanSocket } from '../connect/lean-socket.ts';
import { serveHttp1 } from '../http1/serve-http1.ts';
import { serveHttp2 } from '../http2/server.ts';
import type { Target } from '../stack/connection.ts';
import { serveTcp } from '../tcp/serve-tcp.ts';
import { testAuthority } from '../testing/certified.ts';
import { codecContext } from '../testing/codec-context.ts';
import { FixedEndpoint, TestCounters } from '../testing/fixed-endpoint.ts';
import { FixedService } from '../testing/fixed-service.ts';
import { acceptOutbound } from './accept-outbound.ts';

const NAME = 'web.test.serviceaccount.identity.tulle.cluster.local';
const cleanups: (() => void)[] = [];
after(() => {
  for (const cleanup of cleanups) cleanup();
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Listens for connections to a place where the policy says that TLS is spoken. */
async function tlsTarget(serverPort: number, detectTimeoutMs = 5000) {
  const names: string[] = [];
  const errors: string[] = [];
  const service = new FixedService(new FixedEndpoint(serverPort));
  const target: Target = {
    protocol: 'tls',
    http: service,
    tcp: service,
    tls: (name) => {
      names.push(name);
      return service;
    },
    acceptCounters: () => new TestCounters(),
    countAcceptError: (error) => errors.push(error),
    release: () => {},
  };
  const codecs = { http1: serveHttp1, http2: serveHttp2, tcp: serveTcp, context: codecContext() };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    const original = { host: '10.96.7.7', port: 443 };
    const options = {
      target: () => target,
      codecs,
      detectTimeoutMs,
    };
    acceptOutbound(LeanSocket.adopt(socket), original, options);
  });
  return { port: await listening(server), names, errors };
}

/** However it does. */
function closes(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  socket.resume();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

test('TLS passes through whole, to where its server name leads', async () => {
  const authority = await testAuthority();
  const own = await authority.issueCredentials(NAME);
  const server = createTlsServer({ key: own.keyPem, cert: own.certPem }, (socket) => {
    socket.end('through');
  });
  const { port, names } = await tlsTarget(await listening(server));
  const ca = authority.trustAnchorsPem;
  const socket = connectTls({ port, host: '127.0.0.1', servername: NAME, ca });
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  assert.equal(text, 'through');
  assert.deepEqual(names, [NAME]);
});

test('what is not TLS there, names no server or says nothing is closed and counted', async () => {
  const { port, names, errors } = await tlsTarget(1, 100);
  const plain = connect(port, '127.0.0.1');
  plain.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await closes(plain);
  const nameless = connectTls({ port, host: '127.0.0.1' });
  await closes(nameless);
  const silent = connect(port, '127.0.0.1');
  await closes(silent);
  assert.deepEqual(errors, ['i/o', 'i/o', 'tls detection timeout']);
  assert.deepEqual(names, []);
});
