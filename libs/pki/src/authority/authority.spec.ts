import assert from 'node:assert/strict';
import { generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { before, test } from 'node:test';
import { TulleError } from '@tulle/model';
import { fromPem, toPem } from '../encoding/pem.ts';
import { createKeyAndRequest } from '../request/key-and-request.ts';
import { KEY_ALGORITHM, SIGNATURE_ALGORITHM } from '../request/algorithms.ts';
import {
  BasicConstraintsExtension,
  DNS,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '../runtime/x509.ts';
import { createAuthority, type Authority } from './authority.ts';
import { createAuthorityMaterial, type AuthorityMaterial } from './create-authority.ts';

const NAMES = { controlPlaneNamespace: 'tulle', trustDomain: 'cluster.local' };
const WEB = 'web.emojivoto.serviceaccount.identity.tulle.cluster.local';
const VOTING = 'voting.emojivoto.serviceaccount.identity.tulle.cluster.local';

let material: AuthorityMaterial;
let authority: Authority;
before(async () => {
  material = await createAuthorityMaterial(NAMES);
  authority = await createAuthority(material);
});

async function requestFor(
  name: string,
  names: { type: 'dns' | 'ip' | 'email' | 'url'; value: string }[],
  algorithm: { name: string; namedCurve: string } = { name: 'ECDSA', namedCurve: 'P-256' },
): Promise<Uint8Array> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    ...(name === '' ? {} : { name: [{ CN: [name] }] }),
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)],
  });
  return new Uint8Array(request.rawData);
}

async function refused(request: Uint8Array, reason: RegExp): Promise<void> {
  await assert.rejects(authority.issue(request, WEB), (error: unknown) => {
    assert.ok(error instanceof TulleError);
    assert.equal(error.code, 'invalid_argument');
    assert.match(error.message, reason);
    return true;
  });
}

test('a leaf chains to the trust anchor, names the identity once and lasts a day', async () => {
  const { requestDer } = await createKeyAndRequest(WEB);
  const leaf = await authority.issue(requestDer, WEB);
  const certificate = new X509Certificate(leaf.certificateDer);
  const issuer = new X509Certificate(leaf.intermediatesDer[0] ?? Buffer.alloc(0));
  const anchor = new X509Certificate(material.trustAnchorPem);
  assert.ok(certificate.verify(issuer.publicKey) && issuer.verify(anchor.publicKey));
  assert.ok(issuer.ca && !certificate.ca);
  assert.equal(certificate.subjectAltName, `DNS:${WEB}`);
  const dayMs = 24 * 60 * 60 * 1000;
  assert.ok(Math.abs(leaf.validUntilMs - Date.now() - dayMs) < 60_000);
});

test('a leaf never outlives its issuer', async () => {
  const late = await createAuthority(material, () => authority.issuerExpiresAtMs - 1000);
  const { requestDer } = await createKeyAndRequest(WEB);
  const leaf = await late.issue(requestDer, WEB);
  assert.equal(leaf.validUntilMs, authority.issuerExpiresAtMs);
});

test('a request for anything but exactly the identity is refused with the rule it breaks', async () => {
  await refused((await createKeyAndRequest(VOTING)).requestDer, /common name is "voting/);
  await refused(await requestFor('', [{ type: DNS, value: VOTING }]), /asks for "voting/);
  await refused(await requestFor(WEB, []), /0 DNS names/);
  await refused(
    await requestFor('', [
      { type: DNS, value: WEB },
      { type: DNS, value: VOTING },
    ]),
    /2 DNS names/,
  );
  for (const other of [
    { type: 'ip' as const, value: '10.0.0.1' },
    { type: 'email' as const, value: 'a@b.c' },
    { type: 'url' as const, value: 'spiffe://x/y' },
  ]) {
    await refused(await requestFor('', [{ type: DNS, value: WEB }, other]), /only DNS is allowed/);
  }
});

test('another key type, a forged signature, garbage and a giant are refused', async () => {
  const p384 = { name: 'ECDSA', namedCurve: 'P-384' };
  await refused(await requestFor('', [{ type: DNS, value: WEB }], p384), /ECDSA P-256/);
  const { requestDer } = await createKeyAndRequest(WEB);
  const forged = Buffer.from(requestDer);
  forged[forged.length - 3] = (forged[forged.length - 3] ?? 0) ^ 1;
  await refused(forged, /signature/);
  await refused(Buffer.from('hello'), /not a DER-encoded/);
  await refused(Buffer.alloc(0), /not a DER-encoded/);
  await refused(Buffer.alloc(20_000), /the limit is/);
});

test('a name longer than a common name may be is carried by the alternative name alone', async () => {
  const long = `${'a'.repeat(60)}.emojivoto.serviceaccount.identity.tulle.cluster.local`;
  const { requestDer } = await createKeyAndRequest(long);
  const certificate = new X509Certificate((await authority.issue(requestDer, long)).certificateDer);
  assert.equal(certificate.subjectAltName, `DNS:${long}`);
  assert.equal(certificate.subject, undefined);
});

test('two peers with issued credentials speak mutual TLS 1.3, and a stranger is turned away', async (t) => {
  const [web, voting] = await Promise.all([
    authority.issueCredentials(WEB),
    authority.issueCredentials(VOTING),
  ]);
  const server = createServer(
    {
      cert: voting.certPem,
      key: voting.keyPem,
      ca: voting.anchorsPem,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    },
    (socket) => socket.end(socket.getPeerX509Certificate()?.subjectAltName ?? 'nobody'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const dial = (options: { cert?: string; key?: string; ca: string }): TLSSocket =>
    connect({ host: '127.0.0.1', port, servername: VOTING, ...options });

  const client = dial({ cert: web.certPem, key: web.keyPem, ca: web.anchorsPem });
  const [seen] = (await once(client, 'data')) as [Buffer];
  assert.equal(seen.toString(), `DNS:${WEB}`);
  assert.equal(client.getProtocol(), 'TLSv1.3');
  client.destroy();

  const strangers = await createAuthority(await createAuthorityMaterial(NAMES));
  const stranger = await strangers.issueCredentials(WEB);
  const refusal = once(server, 'tlsClientError');
  const failing = dial({ cert: stranger.certPem, key: stranger.keyPem, ca: web.anchorsPem });
  // In TLS 1.3 the client is done before it is judged: it reads the end of the connection, not a failed handshake.
  const received: Buffer[] = [];
  failing.on('data', (chunk: Buffer) => received.push(chunk)).on('error', () => undefined);
  await Promise.all([refusal, once(failing, 'close')]);
  assert.equal(received.length, 0);
});

test('PEM survives both ways; other text is refused', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  const pem = toPem('PRIVATE KEY', der);
  assert.equal(pem, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  assert.deepEqual(fromPem('PRIVATE KEY', `comment\n${pem}${pem}`), [der, der]);
  assert.throws(() => fromPem('CERTIFICATE', pem), /no PEM block/);
  assert.throws(
    () => fromPem('CERTIFICATE', '-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----'),
    /not base64/,
  );
});

// Root cause: the authority's key identifier was derived from its key by SHA-1, while Helm's (Go's) certificates carry
// one of their own making; OpenSSL then looks for another issuer and finds none.
test('a leaf names the key of its issuer as the issuer itself does', async () => {
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const issuer = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['root.tulle.cluster.local'] }],
    keys,
    signingAlgorithm: SIGNATURE_ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new SubjectKeyIdentifierExtension('0123456789abcdef0123456789abcdef01234567'),
    ],
  });
  const issuerPem = toPem('CERTIFICATE', new Uint8Array(issuer.rawData));
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const issuerKeyPem = toPem('PRIVATE KEY', new Uint8Array(key));
  const own = await createAuthority({ trustAnchorPem: issuerPem, issuerPem, issuerKeyPem });
  const { requestDer } = await createKeyAndRequest(WEB);
  const { certificateDer } = await own.issue(requestDer, WEB);
  assert.ok(new X509Certificate(certificateDer).checkIssued(new X509Certificate(issuerPem)));
});
