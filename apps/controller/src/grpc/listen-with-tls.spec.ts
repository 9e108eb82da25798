import assert from 'node:assert/strict';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, test } from 'node:test';
import { createAuthority, createAuthorityMaterial, type Credentials } from '@tulle/pki';
import { Identity } from '@tulle/proxy-api';
import { startGrpcServer, type GrpcServer } from './grpc-server.ts';

const NAMES = { controlPlaneNamespace: 'tulle', trustDomain: 'cluster.local' };
const SERVER = 'tulle-identity.tulle.serviceaccount.identity.tulle.cluster.local';

let anchors: string;
let issue: () => Promise<Credentials>;
let renew: (credentials: Credentials) => void;
let server: GrpcServer;
let sessions: ClientHttp2Session[];

beforeEach(async () => {
  const authority = await createAuthority(await createAuthorityMaterial(NAMES));
  anchors = authority.trustAnchorsPem;
  issue = () => authority.issueCredentials(SERVER);
  sessions = [];
  const first = await issue();
  server = await startGrpcServer(
    { host: '127.0.0.1', port: 0 },
    'TULLE_IDENTITY_ADDR',
    (router) => router.service(Identity, {}),
    {
      credentials: async () => first,
      onRenewed: (listener) => {
        renew = listener;
      },
    },
  );
});

afterEach(async () => {
  for (const session of sessions) session.destroy();
  await server.close();
});

/** A TLS connection as Linkerd's proxy makes it (no ALPN), or as others do. */
function dial(options: { alpn?: string[]; maxVersion?: 'TLSv1.2' } = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: server.port,
      ca: anchors,
      servername: SERVER,
      ...(options.alpn === undefined ? {} : { ALPNProtocols: options.alpn }),
      ...(options.maxVersion === undefined ? {} : { maxVersion: options.maxVersion }),
    });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Status of a gRPC call over a connection that is there: 12 is UNIMPLEMENTED, which takes a whole exchange. */
function call(socket: TLSSocket): Promise<string> {
  const session = connectHttp2('http://mesh', { createConnection: () => socket });
  sessions.push(session);
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/io.linkerd.proxy.identity.Identity/Certify',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('response', (headers) => {
      if (headers['grpc-status'] !== undefined) resolve(String(headers['grpc-status']));
    });
    stream.on('trailers', (trailers) => resolve(String(trailers['grpc-status'])));
    stream.on('error', reject);
    stream.resume();
    stream.end(Buffer.from([0, 0, 0, 0, 0]));
  });
}

test('HTTP/2 is spoken at once inside TLS 1.3, whether the client offers ALPN or not', async () => {
  const plain = await dial();
  assert.equal(plain.getProtocol(), 'TLSv1.3');
  assert.equal(plain.authorized, true);
  assert.equal(await call(plain), '12');
  const offering = await dial({ alpn: ['h2'] });
  assert.equal(offering.alpnProtocol, 'h2');
  assert.equal(await call(offering), '12');
});

test('older TLS is refused', async () => {
  await assert.rejects(dial({ maxVersion: 'TLSv1.2' }));
});

test('a renewed certificate is used for new connections, and old ones go on', async () => {
  const before = await dial();
  const serial = before.getPeerCertificate().serialNumber;
  renew(await issue());
  const after = await dial();
  assert.notEqual(after.getPeerCertificate().serialNumber, serial);
  assert.equal(await call(before), '12');
  assert.equal(await call(after), '12');
});
