import { webcrypto } from 'node:crypto';
import { toPem } from '../encoding/pem.ts';
import { KEY_ALGORITHM, SIGNATURE_ALGORITHM } from '../request/algorithms.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '../runtime/x509.ts';
import { ANCHOR_LIFETIME_MS, CLOCK_SKEW_MS, ISSUER_LIFETIME_MS } from './lifetimes.ts';

/** What an authority is made of, PEM. The trust anchor's key is thrown away after signing the issuer. */
export interface AuthorityMaterial {
  readonly trustAnchorPem: string;
  readonly issuerPem: string;
  /** Between the issuer and the trust anchor, from the issuer upward; absent where the anchor signed the issuer. */
  readonly chainPem?: readonly string[];
  /** PKCS#8. Secret. */
  readonly issuerKeyPem: string;
}

export interface AuthorityNames {
  readonly controlPlaneNamespace: string;
  readonly trustDomain: string;
}

/**
 * Makes a trust anchor (10 years) and an issuer under it (1 year, may sign leaves only).
 * @param now milliseconds since the epoch.
 */
export async function createAuthorityMaterial(
  names: AuthorityNames,
  now: () => number = Date.now,
): Promise<AuthorityMaterial> {
  const anchorKeys = await generateKeys();
  const issuerKeys = await generateKeys();
  const usages = new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true);
  const notBefore = new Date(now() - CLOCK_SKEW_MS);
  const anchor = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`root.${names.controlPlaneNamespace}.${names.trustDomain}`] }],
    keys: anchorKeys,
    notBefore,
    notAfter: new Date(now() + ANCHOR_LIFETIME_MS),
    signingAlgorithm: SIGNATURE_ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      usages,
      await SubjectKeyIdentifierExtension.create(anchorKeys.publicKey),
    ],
  });
  const issuer = await X509CertificateGenerator.create({
    subject: [{ CN: [`identity.${names.controlPlaneNamespace}.${names.trustDomain}`] }],
    issuer: anchor.subjectName,
    publicKey: issuerKeys.publicKey,
    signingKey: anchorKeys.privateKey,
    notBefore,
    notAfter: new Date(now() + ISSUER_LIFETIME_MS),
    signingAlgorithm: SIGNATURE_ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      usages,
      await AuthorityKeyIdentifierExtension.create(anchorKeys.publicKey),
      await SubjectKeyIdentifierExtension.create(issuerKeys.publicKey),
    ],
  });
  const issuerKeyDer = await webcrypto.subtle.exportKey('pkcs8', issuerKeys.privateKey);
  return {
    trustAnchorPem: toPem('CERTIFICATE', new Uint8Array(anchor.rawData)),
    issuerPem: toPem('CERTIFICATE', new Uint8Array(issuer.rawData)),
    issuerKeyPem: toPem('PRIVATE KEY', new Uint8Array(issuerKeyDer)),
  };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}
