import { access, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TulleError } from '@tulle/model';
import { createKeyAndRequest } from './certificate-request.ts';

/**
 * Makes `key.p8` and `csr.der` in the folder unless both are there: in a pod nobody else does, and the key never leaves it.
 * @throws TulleError `invalid_argument` when the folder cannot be written.
 */
export async function ensureKey(dir: string, localName: string): Promise<void> {
  if ((await exists(join(dir, 'key.p8'))) && (await exists(join(dir, 'csr.der')))) return;
  const { keyDer, requestDer } = createKeyAndRequest(localName);
  try {
    // The key last and whole: a folder with a key is a finished one.
    await writeWhole(join(dir, 'csr.der'), requestDer);
    await writeWhole(join(dir, 'key.p8'), keyDer);
  } catch (cause) {
    throw new TulleError(
      'invalid_argument',
      `A key cannot be written to ${dir} (LINKERD2_PROXY_IDENTITY_DIR): ${(cause as Error).message}.`,
      { cause },
    );
  }
}

async function writeWhole(path: string, bytes: Buffer): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, bytes, { mode: 0o600 });
  await rename(temporary, path);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
