import { webcrypto } from 'node:crypto';
import {
  DNS,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from '../runtime/x509.ts';
import { KEY_ALGORITHM, SIGNATURE_ALGORITHM } from './algorithms.ts';

/** What linkerd2-proxy-identity leaves in the identity folder: `key.p8` and `csr.der`. */
export interface KeyAndRequest {
  /** DER PKCS#8, ECDSA P-256. Secret: write it 0600. */
  readonly keyDer: Buffer;
  /** DER PKCS#10 with the identity as its one DNS name. */
  readonly requestDer: Buffer;
}

/** RFC 5280 ub-common-name: a longer name is only in the subject alternative name. */
export const MAX_COMMON_NAME = 64;

/** Makes a fresh key and a certificate request for one identity name. */
export async function createKeyAndRequest(identity: string): Promise<KeyAndRequest> {
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    ...(identity.length <= MAX_COMMON_NAME ? { name: [{ CN: [identity] }] } : {}),
    keys,
    signingAlgorithm: SIGNATURE_ALGORITHM,
    extensions: [new SubjectAlternativeNameExtension([{ type: DNS, value: identity }])],
  });
  return {
    keyDer: Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
    requestDer: Buffer.from(request.rawData),
  };
}
