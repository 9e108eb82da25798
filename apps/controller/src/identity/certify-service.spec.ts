import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { Code, ConnectError, createClient, type Client } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { TulleError, type TokenReview } from '@tulle/model';
import { createAuthority, createAuthorityMaterial, createKeyAndRequest } from '@tulle/pki';
import { fromTimestamp, Identity } from '@tulle/proxy-api';
import { startGrpcServer, type GrpcServer } from '../grpc/grpc-server.ts';
import { identityRoutes, type CertifyOutcome } from './certify-service.ts';

const NAMES = { controlPlaneNamespace: 'tulle', trustDomain: 'cluster.local' };
const WEB = 'web.emojivoto.serviceaccount.identity.tulle.cluster.local';
const VOTING = 'voting.emojivoto.serviceaccount.identity.tulle.cluster.local';

let server: GrpcServer;
let sessions: Http2SessionManager;
let client: Client<typeof Identity>;
const outcomes: CertifyOutcome[] = [];

async function reviewToken(token: string, audience: string): Promise<TokenReview> {
  assert.equal(audience, 'identity.l5d.io');
  if (token === 'away') throw new TulleError('unavailable', 'The runtime does not answer.');
  if (token === 'broken') throw new Error('secret detail');
  if (token !== 'web-token') return { authenticated: false, reason: 'unknown token' };
  return {
    authenticated: true,
    namespace: 'emojivoto',
    serviceAccount: 'web',
    pod: { kind: 'pod', namespace: 'emojivoto', name: 'web-0' },
  };
}

before(async () => {
  const authority = await createAuthority(await createAuthorityMaterial(NAMES));
  server = await startGrpcServer(
    { host: '127.0.0.1', port: 0 },
    'TULLE_IDENTITY_ADDR',
    identityRoutes({
      authority: async () => authority,
      names: NAMES,
      reviewToken,
      onOutcome: (outcome) => outcomes.push(outcome),
    }),
  );
  const baseUrl = `http://127.0.0.1:${server.port}`;
  sessions = new Http2SessionManager(baseUrl);
  client = createClient(Identity, createGrpcTransport({ baseUrl, sessionManager: sessions }));
});
after(async () => {
  sessions.abort();
  await server.close();
});
beforeEach(() => {
  outcomes.length = 0;
});

async function certify(
  token: string,
  identity: string,
  requested = identity,
): ReturnType<typeof client.certify> {
  const { requestDer } = await createKeyAndRequest(requested);
  return client.certify({
    identity,
    token: Buffer.from(token),
    certificateSigningRequest: requestDer,
  });
}

async function refused(answer: Promise<unknown>, code: Code, message: RegExp): Promise<void> {
  await assert.rejects(answer, (error: unknown) => {
    assert.ok(error instanceof ConnectError);
    assert.equal(Code[error.code], Code[code]);
    assert.match(error.rawMessage, message);
    return true;
  });
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['refused'],
  );
}

test('a proxy with its own token gets its own certificate as DER, with its end', async () => {
  const answer = await certify('web-token\n', WEB);
  const leaf = new X509Certificate(answer.leafCertificate);
  const issuer = new X509Certificate(answer.intermediateCertificates[0] ?? Buffer.alloc(0));
  assert.ok(leaf.verify(issuer.publicKey));
  assert.equal(leaf.subjectAltName, `DNS:${WEB}`);
  assert.ok(answer.validUntil !== undefined);
  assert.equal(fromTimestamp(answer.validUntil), Date.parse(leaf.validTo));
  assert.equal(outcomes[0]?.kind, 'issued');
});

test('a wrong, missing or giant token is refused', async () => {
  await refused(certify('stolen', WEB), Code.Unauthenticated, /unknown token/);
  outcomes.length = 0;
  await refused(certify('', WEB), Code.InvalidArgument, /1 to 16384 bytes/);
  outcomes.length = 0;
  await refused(certify('x'.repeat(20_000), WEB), Code.InvalidArgument, /it has 20000/);
});

test('nobody gets the certificate of another service account', async () => {
  await refused(certify('web-token', VOTING), Code.FailedPrecondition, /web\.emojivoto/);
  outcomes.length = 0;
  await refused(certify('web-token', WEB, VOTING), Code.InvalidArgument, /common name/);
  outcomes.length = 0;
  await refused(certify('web-token', '', WEB), Code.InvalidArgument, /no identity/);
});

test('a CSR that is none is refused', async () => {
  const csr = Buffer.from('garbage');
  const answer = client.certify({
    identity: WEB,
    token: Buffer.from('web-token'),
    certificateSigningRequest: csr,
  });
  await refused(answer, Code.InvalidArgument, /not a DER-encoded/);
});

test('while the platform is away the answer is UNAVAILABLE, and a bug tells nothing of itself', async () => {
  await refused(certify('away', WEB), Code.Unavailable, /does not answer/);
  outcomes.length = 0;
  await refused(certify('broken', WEB), Code.Internal, /^the controller failed$/);
});
