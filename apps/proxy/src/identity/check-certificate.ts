import type { KeyObject } from 'node:crypto';
import { X509Certificate } from 'node:crypto';
import { TulleError } from '@tulle/model';

export interface IssuedChain {
  readonly leaf: X509Certificate;
  /** From the leaf's issuer upward. */
  readonly intermediates: readonly X509Certificate[];
}

/** The certificates of a PEM bundle. @throws TulleError `invalid_argument` when one cannot be read or there is none. */
export function parsePemBundle(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    throw new TulleError('invalid_argument', 'The trust anchors hold no certificate in PEM.');
  }
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw new TulleError('invalid_argument', 'A trust anchor is not a certificate.', { cause });
  }
}

/**
 * Makes sure a certificate issued to us is one that peers will accept, before it is used: a bad one must not replace a
 * good one.
 * @throws TulleError `invalid_argument` with what is wrong.
 */
export function checkCertificate(
  chain: IssuedChain,
  anchors: readonly X509Certificate[],
  key: KeyObject,
  name: string,
  nowMs: number,
): void {
  const { leaf } = chain;
  if (!leaf.checkPrivateKey(key)) throw refuse('is for another key');
  if (!namesOf(leaf).includes(name)) throw refuse(`names ${namesOf(leaf).join(', ')}, not ${name}`);
  let current = leaf;
  for (const next of [...chain.intermediates, null]) {
    checkValidity(current, nowMs);
    const anchor = anchors.find((candidate) => isIssuedBy(current, candidate));
    if (anchor !== undefined) return checkValidity(anchor, nowMs);
    if (next === null || !isIssuedBy(current, next)) break;
    current = next;
  }
  throw refuse('does not lead to a trust anchor');
}

/** The DNS names a certificate was issued for. */
export function namesOf(certificate: X509Certificate): string[] {
  const alternatives = certificate.subjectAltName?.split(', ') ?? [];
  return alternatives.filter((name) => name.startsWith('DNS:')).map((name) => name.slice(4));
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function checkValidity(certificate: X509Certificate, nowMs: number): void {
  if (nowMs > certificate.validToDate.getTime()) throw refuse('has expired, or its issuer has');
}

function refuse(what: string): TulleError {
  return new TulleError('invalid_argument', `The certificate issued to this proxy ${what}.`);
}
