import { TulleError } from '@tulle/model';

export type PemLabel = 'CERTIFICATE' | 'CERTIFICATE REQUEST' | 'PRIVATE KEY';

/** One PEM block (RFC 7468), lines of 64, newline at the end. */
export function toPem(label: PemLabel, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/**
 * The DER of every block with this label, in order; other blocks and text between blocks are passed over.
 * @throws TulleError `invalid_argument` when there is none or one is not base64.
 */
export function fromPem(label: PemLabel, text: string): Buffer[] {
  const block = new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`, 'g');
  const found = [...text.matchAll(block)].map((match) => (match[1] ?? '').replace(/\s+/g, ''));
  if (found.length === 0) {
    throw new TulleError('invalid_argument', `there is no PEM block "${label}" in it`);
  }
  return found.map((base64) => {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
      throw new TulleError('invalid_argument', `its PEM block "${label}" is not base64`);
    }
    return Buffer.from(base64, 'base64');
  });
}
