import { createPrivateKey, webcrypto } from 'node:crypto';
import { toPem } from '../encoding/pem.ts';
import { checkRequest } from '../request/check-request.ts';
import { createKeyAndRequest, MAX_COMMON_NAME } from '../request/key-and-request.ts';
import { KEY_ALGORITHM, SIGNATURE_ALGORITHM } from '../request/algorithms.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  DNS,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '../runtime/x509.ts';
import { CLOCK_SKEW_MS, DEFAULT_LIFETIME_MS } from './lifetimes.ts';
import type { AuthorityMaterial } from './create-authority.ts';

/** One certificate given out. */
export interface Leaf {
  readonly certificateDer: Buffer;
  /** From the issuer upward, without the trust anchor. */
  readonly intermediatesDer: readonly Buffer[];
  /** Milliseconds since the epoch; proxies must have a new one before. */
  readonly validUntilMs: number;
}

/** Key, chain and anchors of one mutual-TLS peer, as node:tls takes them. */
export interface Credentials {
  /** Leaf first, then intermediates. */
  readonly certPem: string;
  readonly keyPem: string;
  readonly anchorsPem: string;
  readonly validUntilMs: number;
}

export interface IssueOptions {
  /** 24 hours where absent (Linkerd's issuanceLifetime). Never past the issuer's own end. */
  readonly lifetimeMs?: number;
}

/** Gives out leaf certificates. Holds the issuer's key in memory. */
export interface Authority {
  readonly trustAnchorsPem: string;
  readonly issuerPem: string;
  /** Milliseconds since the epoch when the issuer ends. */
  readonly issuerExpiresAtMs: number;
  /** @throws TulleError `invalid_argument` when the request asks for anything but `identity`. */
  issue(requestDer: Uint8Array, identity: string, options?: IssueOptions): Promise<Leaf>;
  /** Makes a key and a certificate for a part of the control plane itself. */
  issueCredentials(identity: string, options?: IssueOptions): Promise<Credentials>;
}

/** @param now milliseconds since the epoch. */
export async function createAuthority(
  material: AuthorityMaterial,
  now: () => number = Date.now,
): Promise<Authority> {
  const issuer = new X509Certificate(material.issuerPem);
  const signingKey = await importSigningKey(material.issuerKeyPem);
  const issuerExpiresAtMs = issuer.notAfter.getTime();
  const intermediatesDer = [issuer, ...(material.chainPem ?? []).map(readCertificate)].map(
    ({ rawData }) => Buffer.from(rawData),
  );

  async function issue(
    requestDer: Uint8Array,
    identity: string,
    options: IssueOptions = {},
  ): Promise<Leaf> {
    const request = await checkRequest(requestDer, identity);
    const lifetimeMs = options.lifetimeMs ?? DEFAULT_LIFETIME_MS;
    const notAfterMs = Math.min(now() + lifetimeMs + CLOCK_SKEW_MS, issuerExpiresAtMs);
    const named = identity.length <= MAX_COMMON_NAME;
    const certificate = await X509CertificateGenerator.create({
      ...(named ? { subject: [{ CN: [identity] }] } : {}),
      issuer: issuer.subjectName,
      notBefore: new Date(now() - CLOCK_SKEW_MS),
      notAfter: new Date(notAfterMs),
      signingAlgorithm: SIGNATURE_ALGORITHM,
      publicKey: request.publicKey,
      signingKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        // RFC 5280 4.2.1.6: critical when the subject is empty.
        new SubjectAlternativeNameExtension([{ type: DNS, value: identity }], !named),
        await keyIdentifierOf(issuer),
        await SubjectKeyIdentifierExtension.create(request.publicKey),
      ],
    });
    return {
      certificateDer: Buffer.from(certificate.rawData),
      intermediatesDer,
      validUntilMs: certificate.notAfter.getTime(),
    };
  }

  return {
    trustAnchorsPem: material.trustAnchorPem,
    issuerPem: material.issuerPem,
    issuerExpiresAtMs,
    issue,
    async issueCredentials(identity, options) {
      const { keyDer, requestDer } = await createKeyAndRequest(identity);
      const leaf = await issue(requestDer, identity, options);
      const chain = [leaf.certificateDer, ...leaf.intermediatesDer];
      return {
        certPem: chain.map((der) => toPem('CERTIFICATE', der)).join(''),
        keyPem: toPem('PRIVATE KEY', keyDer),
        anchorsPem: material.trustAnchorPem,
        validUntilMs: leaf.validUntilMs,
      };
    },
  };
}

function readCertificate(pem: string): X509Certificate {
  return new X509Certificate(pem);
}

async function importSigningKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, KEY_ALGORITHM, false, ['sign']);
}

/**
 * As the issuer itself gives it: others derive it from the key in other ways (Go by SHA-256), and a certificate that
 * names another one is not taken for issued by it.
 */
async function keyIdentifierOf(issuer: X509Certificate): Promise<AuthorityKeyIdentifierExtension> {
  const own = issuer.getExtension(SubjectKeyIdentifierExtension);
  return own === null
    ? AuthorityKeyIdentifierExtension.create(issuer.publicKey)
    : new AuthorityKeyIdentifierExtension(own.keyId);
}
