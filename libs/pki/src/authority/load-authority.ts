import { TulleError } from '@tulle/model';
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, type Authority } from './authority.ts';
import {
  createAuthorityMaterial,
  type AuthorityMaterial,
  type AuthorityNames,
} from './create-authority.ts';
import { RENEW_BEFORE_MS } from './lifetimes.ts';

/** The files of an authority's folder. The key is written last: without it the folder counts as never finished. */
export const AUTHORITY_FILES = {
  trustAnchor: 'ca.crt',
  issuer: 'issuer.crt',
  issuerKey: 'issuer.key',
} as const;

export interface LoadedAuthority {
  readonly authority: Authority;
  /** `found`: as it stood on disk · `created`: there was none · `renewed`: the one there was about to end. */
  readonly origin: 'found' | 'created' | 'renewed';
}

/**
 * Reads the authority of a folder, or makes one there (folder 0700, files 0600, each written whole or not at all).
 * One process at a time may call it for a folder.
 * @throws TulleError `unavailable` naming the file that cannot be used and what to do.
 */
export async function loadOrCreateAuthority(
  dir: string,
  names: AuthorityNames,
  now: () => number = Date.now,
): Promise<LoadedAuthority> {
  const material = await readMaterial(dir);
  if (material === null) return { authority: await write(dir, names, now), origin: 'created' };
  const { issuerExpiresAtMs } = checkMaterial(dir, material);
  if (issuerExpiresAtMs - now() < RENEW_BEFORE_MS) {
    await rm(join(dir, AUTHORITY_FILES.issuerKey), { force: true });
    return { authority: await write(dir, names, now), origin: 'renewed' };
  }
  return { authority: await createAuthority(material, now), origin: 'found' };
}

/**
 * Reads the authority of a folder; makes nothing.
 * @throws TulleError `unavailable` naming the file that is missing or cannot be used and what to do.
 */
export async function loadAuthority(dir: string, now: () => number = Date.now): Promise<Authority> {
  const material = await readMaterial(dir);
  if (material === null) {
    throw new TulleError(
      'unavailable',
      `There is no ${AUTHORITY_FILES.issuerKey} in ${dir}; start the mesh's runtime first, which makes it`,
    );
  }
  const { issuerExpiresAtMs } = checkMaterial(dir, material);
  if (issuerExpiresAtMs <= now()) {
    throw unusable(
      dir,
      AUTHORITY_FILES.issuer,
      `ended at ${new Date(issuerExpiresAtMs).toISOString()}`,
    );
  }
  return createAuthority(material, now);
}

/** Null when there is no key, which is written last. */
async function readMaterial(dir: string): Promise<AuthorityMaterial | null> {
  const issuerKeyPem = await read(dir, AUTHORITY_FILES.issuerKey);
  if (issuerKeyPem === null) return null;
  const [trustAnchorPem, issuerPem] = await Promise.all([
    readRequired(dir, AUTHORITY_FILES.trustAnchor),
    readRequired(dir, AUTHORITY_FILES.issuer),
  ]);
  return { trustAnchorPem, issuerPem, issuerKeyPem };
}

async function readRequired(dir: string, file: string): Promise<string> {
  const text = await read(dir, file);
  if (text === null) throw unusable(dir, file, 'is missing');
  return text;
}

async function read(dir: string, file: string): Promise<string | null> {
  try {
    return await readFile(join(dir, file), 'utf8');
  } catch (reason) {
    const { code } = reason as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw unusable(dir, file, `cannot be read (${code})`, reason);
  }
}

function checkMaterial(dir: string, material: AuthorityMaterial): { issuerExpiresAtMs: number } {
  const anchor = parse(
    dir,
    AUTHORITY_FILES.trustAnchor,
    () => new X509Certificate(material.trustAnchorPem),
  );
  const issuer = parse(dir, AUTHORITY_FILES.issuer, () => new X509Certificate(material.issuerPem));
  const key = parse(dir, AUTHORITY_FILES.issuerKey, (): KeyObject =>
    createPrivateKey(material.issuerKeyPem),
  );
  if (!issuer.verify(anchor.publicKey)) {
    throw unusable(dir, AUTHORITY_FILES.issuer, `is not signed by ${AUTHORITY_FILES.trustAnchor}`);
  }
  if (!issuer.checkPrivateKey(key)) {
    throw unusable(dir, AUTHORITY_FILES.issuerKey, `is not the key of ${AUTHORITY_FILES.issuer}`);
  }
  return { issuerExpiresAtMs: Date.parse(issuer.validTo) };
}

function parse<T>(dir: string, file: string, read: () => T): T {
  try {
    return read();
  } catch (reason) {
    throw unusable(dir, file, 'is damaged', reason);
  }
}

function unusable(dir: string, file: string, what: string, cause?: unknown): TulleError {
  const message = `${join(dir, file)} ${what}; remove the folder ${dir} and start again: a new authority is made and every proxy gets a new certificate`;
  return new TulleError('unavailable', message, { cause });
}

async function write(dir: string, names: AuthorityNames, now: () => number): Promise<Authority> {
  const material = await createAuthorityMaterial(names, now);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  await writeWhole(join(dir, AUTHORITY_FILES.trustAnchor), material.trustAnchorPem);
  await writeWhole(join(dir, AUTHORITY_FILES.issuer), material.issuerPem);
  await writeWhole(join(dir, AUTHORITY_FILES.issuerKey), material.issuerKeyPem);
  return createAuthority(material, now);
}

async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
