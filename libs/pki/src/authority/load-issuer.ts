import { TulleError } from '@tulle/model';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fromPem, toPem } from '../encoding/pem.ts';
import { createAuthority, type Authority } from './authority.ts';

/** Where somebody else (a chart, cert-manager) keeps the issuer up to date. */
export interface IssuerFiles {
  /** PEM: the issuer's certificate, then those that lead to the trust anchor, if any. */
  readonly certificate: string;
  readonly key: string;
  readonly trustAnchors: string;
}

/**
 * Reads an issuer that is renewed on disk, and checks that proxies would accept what it signs.
 * @throws TulleError `unavailable` naming the file and what is wrong with it.
 */
export async function loadIssuer(
  files: IssuerFiles,
  now: () => number = Date.now,
): Promise<Authority> {
  const [certificatePem, issuerKeyPem, trustAnchorPem] = await Promise.all([
    read(files.certificate),
    read(files.key),
    read(files.trustAnchors),
  ]);
  const chain = parse(files.certificate, () => certificatesOf(certificatePem));
  const anchors = parse(files.trustAnchors, () => certificatesOf(trustAnchorPem));
  const [issuer, ...rest] = chain;
  if (issuer === undefined) throw unusable(files.certificate, 'holds no certificate');
  const key = parse(files.key, () => createPrivateKey(issuerKeyPem));
  if (!issuer.checkPrivateKey(key)) {
    throw unusable(files.key, `is not the key of ${files.certificate}`);
  }
  if (!issuer.ca) throw unusable(files.certificate, 'may sign nothing: it is not a CA');
  if (Date.parse(issuer.validTo) <= now()) {
    throw unusable(files.certificate, `ended at ${new Date(issuer.validTo).toISOString()}`);
  }
  const intermediates = rest.filter((each) => !each.verify(each.publicKey));
  if (!leadsTo(anchors, [issuer, ...intermediates])) {
    throw unusable(files.certificate, `does not lead to a certificate of ${files.trustAnchors}`);
  }
  const material = {
    trustAnchorPem,
    issuerPem: pemOf(issuer),
    chainPem: intermediates.map(pemOf),
    issuerKeyPem,
  };
  return createAuthority(material, now).catch((cause: unknown) => {
    throw unusable(files.key, 'cannot be used: it must be ECDSA P-256', cause);
  });
}

function leadsTo(anchors: readonly X509Certificate[], chain: readonly X509Certificate[]): boolean {
  for (const [index, certificate] of chain.entries()) {
    if (anchors.some((anchor) => certificate.verify(anchor.publicKey))) return true;
    const next = chain[index + 1];
    if (next === undefined || !certificate.verify(next.publicKey)) return false;
  }
  return false;
}

function certificatesOf(pem: string): X509Certificate[] {
  return fromPem('CERTIFICATE', pem).map((der) => new X509Certificate(der));
}

function pemOf(certificate: X509Certificate): string {
  return toPem('CERTIFICATE', certificate.raw);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unusable(path, `cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
}

function parse<T>(path: string, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    throw unusable(path, 'is damaged', cause);
  }
}

function unusable(path: string, what: string, cause?: unknown): TulleError {
  return new TulleError('unavailable', `${path} ${what}.`, { cause });
}
