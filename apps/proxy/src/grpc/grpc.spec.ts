/** Our gRPC beside those of others: grpc-js and connect-node, as server and as client. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer as createHttp2, createSecureServer } from 'node:http2';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { fromBinary, toBinary, create } from '@bufbuild/protobuf';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import * as grpc from '@grpc/grpc-js';
import {
  CertifyRequestSchema,
  CertifyResponseSchema,
  Destination,
  GetDestinationSchema,
  Identity,
  UpdateSchema,
  type GetDestination,
  type Update,
} from '@tulle/proxy-api';
import { destinationWire, identityWire } from '@tulle/proxy-api/wire';
import type { EndpointTls } from '../stack/endpoint.ts';
import { secureContextFor, testAuthority } from '../testing/certified.ts';
import { listen } from '../testing/http2-harness.ts';
import { GrpcChannel } from './grpc-channel.ts';
import { GrpcCode, GrpcError } from './grpc-error.ts';
import { answering, serveGrpc } from './serve-grpc.ts';

const PLAIN: EndpointTls = { kind: 'none', reason: 'loopback' };
const ANY = { signal: new AbortController().signal, timeoutMs: 10_000 };
const SELF = 'proxy.test.serviceaccount.identity.tulle.cluster.local';
const authority = await testAuthority();
const context = await secureContextFor(authority, SELF);

function channelTo(t: TestContext, port: number, tls: EndpointTls = PLAIN): GrpcChannel {
  const channel = new GrpcChannel({
    address: { host: '127.0.0.1', port },
    tls,
    clientContext: () => context,
  });
  t.after(() => channel.close());
  return channel;
}

function hasCode(code: number, message: RegExp = /./) {
  return (error: unknown) => {
    assert.ok(error instanceof GrpcError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}

const update = (exists: boolean) =>
  create(UpdateSchema, { update: { case: 'noEndpoints', value: { exists } } });

/** grpc-js's view of the two methods used here. */
const SERVICE = {
  certify: {
    path: identityWire.Identity_Certify.path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  },
  get: {
    path: destinationWire.Destination_Get.path,
    requestStream: false,
    responseStream: true,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  },
} as const satisfies grpc.ServiceDefinition;

async function startGrpcJs(t: TestContext): Promise<number> {
  const server = new grpc.Server();
  t.after(() => server.forceShutdown());
  server.addService(SERVICE, {
    certify: (
      { request }: grpc.ServerUnaryCall<Buffer, Buffer>,
      answer: grpc.sendUnaryData<Buffer>,
    ) => {
      const { identity, token } = fromBinary(CertifyRequestSchema, request);
      if (identity === 'slow') return;
      if (identity === '') {
        answer({ code: grpc.status.INVALID_ARGUMENT, details: 'kein Name – no name' });
        return;
      }
      const response = create(CertifyResponseSchema, { leafCertificate: token });
      answer(null, Buffer.from(toBinary(CertifyResponseSchema, response)));
    },
    get: (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
      const { path } = fromBinary(GetDestinationSchema, call.request);
      for (let i = 0; i < 300; i += 1) {
        call.write(Buffer.from(toBinary(UpdateSchema, update(i % 2 === 0))));
      }
      if (path === 'end') call.end();
      else if (path === 'fail') call.emit('error', { code: 5, details: 'gone' });
    },
  });
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

test('our client, grpc-js as server: answers large and small, errors, deadlines', async (t) => {
  const channel = channelTo(t, await startGrpcJs(t));
  const token = new Uint8Array(300_000).fill(7);
  const answer = await channel.unary(identityWire.Identity_Certify, { identity: 'a', token }, ANY);
  assert.ok(Buffer.from(token).equals(answer.leafCertificate));
  await assert.rejects(
    channel.unary(identityWire.Identity_Certify, {}, ANY),
    hasCode(GrpcCode.invalidArgument, /^kein Name – no name$/),
  );
  await assert.rejects(
    channel.unary(identityWire.Identity_Certify, { identity: 'slow' }, { ...ANY, timeoutMs: 50 }),
    hasCode(GrpcCode.deadlineExceeded),
  );
});

test('our client, grpc-js as server: a stream to its end, to a failure, and until it is no longer wanted', async (t) => {
  const channel = channelTo(t, await startGrpcJs(t));
  const seen: Update[] = [];
  const stop = new AbortController();
  const call = (path: string) =>
    channel.stream(
      destinationWire.Destination_Get,
      { path },
      {
        signal: stop.signal,
        onMessage: (message) => {
          seen.push(message);
          if (path === 'open' && seen.length === 300) stop.abort();
        },
      },
    );
  await call('end');
  assert.equal(seen.length, 300);
  assert.deepEqual(seen[299], update(false));
  seen.length = 0;
  await assert.rejects(call('fail'), hasCode(GrpcCode.notFound, /gone/));
  seen.length = 0;
  await assert.rejects(call('open'), hasCode(GrpcCode.cancelled));
  await assert.rejects(
    channel.stream(
      destinationWire.Destination_GetProfile,
      {},
      { signal: new AbortController().signal, onMessage: () => {} },
    ),
    hasCode(GrpcCode.unimplemented),
  );
});

test('a message that is none of its kind ends the call', async (t) => {
  const server = createHttp2((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/grpc' });
    response.write(Buffer.from([0, 0, 0, 0, 2, 0x0a, 0x7f]));
  });
  const channel = channelTo(t, await listen(t, server));
  await assert.rejects(
    channel.unary(identityWire.Identity_Certify, {}, ANY),
    hasCode(GrpcCode.internal, /cut off/),
  );
});

test('what is no gRPC answer is told by its HTTP status', async (t) => {
  const server = createHttp2((_request, response) => {
    response.writeHead(503, { 'content-type': 'text/plain' });
    response.end('no');
  });
  const channel = channelTo(t, await listen(t, server));
  await assert.rejects(
    channel.unary(identityWire.Identity_Certify, {}, ANY),
    hasCode(GrpcCode.unavailable, /503/),
  );
});

test('a server that cannot be reached, or goes, is UNAVAILABLE; the next call opens a connection again', async (t) => {
  const sessions: { destroy(): void }[] = [];
  const adapter = connectNodeAdapter({
    routes: (router) => {
      router.service(Destination, {
        async *get(_request, { signal }) {
          yield update(true);
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        },
      });
      router.service(Identity, { certify: ({ token }) => ({ leafCertificate: token }) });
    },
  });
  const server = createHttp2(adapter);
  server.on('session', (session) => sessions.push(session));
  const port = await listen(t, server);
  const channel = channelTo(t, port);
  const broken = channel.stream(
    destinationWire.Destination_Get,
    { path: 'a' },
    { signal: ANY.signal, onMessage: () => sessions[0]?.destroy() },
  );
  await assert.rejects(broken, hasCode(GrpcCode.unavailable));
  await channel.unary(identityWire.Identity_Certify, {}, ANY);
  assert.equal(sessions.length, 2);

  const unused = createServer().listen(0, '127.0.0.1');
  await once(unused, 'listening');
  const free = (unused.address() as AddressInfo).port;
  await new Promise((resolve) => unused.close(resolve));
  await assert.rejects(
    channelTo(t, free).unary(identityWire.Identity_Certify, {}, ANY),
    hasCode(GrpcCode.unavailable, /ECONNREFUSED/),
  );
});

test('over TLS the server must prove its name; TLS below 1.3 is refused', async (t) => {
  const name = 'identity.tulle.serviceaccount.identity.tulle.cluster.local';
  const { certPem, keyPem } = await authority.issueCredentials(name);
  const protocols: (string | false | null)[] = [];
  const start = (options: object): Promise<number> => {
    const adapter = connectNodeAdapter({
      routes: (router) =>
        router.service(Identity, { certify: ({ token }) => ({ leafCertificate: token }) }),
    });
    const server = createSecureServer({ key: keyPem, cert: certPem, ...options }, adapter);
    server.on('session', (session) =>
      protocols.push((session.socket as unknown as { alpnProtocol: string }).alpnProtocol),
    );
    return listen(t, server);
  };
  const port = await start({});
  const tls = (identity: string): EndpointTls => ({
    kind: 'mutual',
    serverName: identity,
    identity,
  });
  const certify = (channel: GrpcChannel) =>
    channel.unary(identityWire.Identity_Certify, { token: new Uint8Array([1]) }, ANY);
  const answer = await certify(channelTo(t, port, tls(name)));
  assert.deepEqual(answer.leafCertificate, new Uint8Array([1]));
  assert.deepEqual(protocols, ['h2']);
  await assert.rejects(
    certify(channelTo(t, port, tls('somebody.else'))),
    hasCode(GrpcCode.unavailable, /does not name somebody.else/),
  );
  await assert.rejects(
    certify(channelTo(t, await start({ maxVersion: 'TLSv1.2' }), tls(name))),
    hasCode(GrpcCode.unavailable),
  );
});

/** Our server, with a method that ends, fails or goes on by what it is asked. */
async function startOurs(t: TestContext, aborted: string[]): Promise<number> {
  async function* get({ path }: GetDestination, signal: AbortSignal) {
    if (path === 'refuse') throw new GrpcError(GrpcCode.unauthenticated, 'wer da? who – there');
    for (let i = 0; i < 300; i += 1) yield update(i % 2 === 0);
    if (path === 'fail') throw new GrpcError(GrpcCode.notFound, 'gone');
    if (path !== 'open') return;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    aborted.push(path);
  }
  const routes = new Map([answering(destinationWire.Destination_Get, get)]);
  const server: Server = createServer((socket: Socket) => serveGrpc(socket, routes));
  return listen(t, server);
}

test('grpc-js as client, our server: answers, failures, a client that goes', async (t) => {
  const aborted: string[] = [];
  const port = await startOurs(t, aborted);
  const Client = grpc.makeGenericClientConstructor(SERVICE, 'Any');
  const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  t.after(() => client.close());
  const call = async (path: string, onMessage: (count: number, cancel: () => void) => void) => {
    const request = Buffer.from(
      toBinary(GetDestinationSchema, create(GetDestinationSchema, { path })),
    );
    const get = client['get'] as (request: Buffer) => grpc.ClientReadableStream<Buffer>;
    const stream = get.call(client, request);
    let count = 0;
    stream.on('data', () => onMessage((count += 1), () => stream.cancel()));
    const ended = new Promise<grpc.StatusObject>((resolve) => stream.on('status', resolve));
    stream.on('error', () => {});
    return { status: await ended, count: () => count };
  };
  const whole = await call('end', () => {});
  assert.equal(whole.status.code, grpc.status.OK);
  assert.equal(whole.count(), 300);
  const failed = await call('fail', () => {});
  assert.equal(failed.status.code, grpc.status.NOT_FOUND);
  assert.equal(failed.status.details, 'gone');
  const refused = await call('refuse', () => {});
  assert.equal(refused.status.code, grpc.status.UNAUTHENTICATED);
  assert.equal(refused.status.details, 'wer da? who – there');
  const left = await call('open', (count, cancel) => {
    if (count === 300) cancel();
  });
  assert.equal(left.status.code, grpc.status.CANCELLED);
  await whenever(() => aborted.length === 1);
});

test('our client, our server: they understand each other, and a method that is not there is said so', async (t) => {
  const channel = channelTo(t, await startOurs(t, []));
  let count = 0;
  const call = { signal: ANY.signal, onMessage: () => (count += 1) };
  await channel.stream(destinationWire.Destination_Get, { path: 'end' }, call);
  assert.equal(count, 300);
  await assert.rejects(
    channel.unary(identityWire.Identity_Certify, {}, ANY),
    hasCode(GrpcCode.unimplemented, /Certify is not served/),
  );
});

test('a slow reader slows the answers down', async (t) => {
  const LABELS = { a: 'x'.repeat(4000) };
  let made = 0;
  async function* get() {
    for (; made < 2000; made += 1) {
      yield { update: { case: 'add' as const, value: { metricLabels: LABELS } } };
    }
  }
  const routes = new Map([answering(destinationWire.Destination_Get, get)]);
  const server = createServer((socket) => serveGrpc(socket, routes));
  const session = connect(`http://127.0.0.1:${await listen(t, server)}`);
  t.after(() => session.destroy());
  // A client of HTTP/2 alone: gRPC libraries read ahead.
  const stream = session.request({
    ':method': 'POST',
    ':path': destinationWire.Destination_Get.path,
    'content-type': 'application/grpc',
  });
  stream.end(Buffer.alloc(5));
  await whenever(() => made > 0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(made < 100, `${made} answers were made for a client that does not read`);
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await once(stream, 'end');
  assert.ok(bytes > 2000 * 4000);
});

async function whenever(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
