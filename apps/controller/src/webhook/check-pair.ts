import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ServingPair } from './certificate-source.ts';

/** What keeps a certificate and a key from being served together; null when nothing does. */
export function checkPair({ certPem, keyPem }: ServingPair): string | null {
  try {
    const matches = new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem));
    return matches ? null : 'its key is that of another certificate';
  } catch (reason) {
    return reason instanceof Error ? reason.message : String(reason);
  }
}
