import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createAuthority, createAuthorityMaterial } from '@tulle/pki';
import { TulleError } from '@tulle/model';
import { createKeyAndRequest } from './certificate-request.ts';
import { ensureKey } from './ensure-key.ts';

const NAME = 'web.emojivoto.serviceaccount.identity.tulle.cluster.local';

test('the authority certifies what a proxy asks for, names of every length', async () => {
  const authority = await createAuthority(
    await createAuthorityMaterial({ controlPlaneNamespace: 'tulle', trustDomain: 'cluster.local' }),
  );
  for (const account of [
    'a',
    'b'.repeat(7),
    'c'.repeat(63),
    `${'d'.repeat(63)}.${'e'.repeat(63)}`,
  ]) {
    const name = `${account}.emojivoto.serviceaccount.identity.tulle.cluster.local`;
    const { keyDer, requestDer } = createKeyAndRequest(name);
    const leaf = new X509Certificate((await authority.issue(requestDer, name)).certificateDer);
    assert.equal(leaf.subjectAltName, `DNS:${name}`);
    assert.ok(
      leaf.checkPrivateKey(createPrivateKey({ key: keyDer, format: 'der', type: 'pkcs8' })),
    );
  }
});

test('a key is made once, for its owner’s eyes only', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'tulle-key-'));
  t.after(() => rm(dir, { recursive: true }));
  await ensureKey(dir, NAME);
  assert.deepEqual((await readdir(dir)).sort(), ['csr.der', 'key.p8']);
  assert.equal((await stat(join(dir, 'key.p8'))).mode & 0o777, 0o600);
  const key = await readFile(join(dir, 'key.p8'));
  await ensureKey(dir, NAME);
  assert.deepEqual(await readFile(join(dir, 'key.p8')), key);
  await rm(join(dir, 'csr.der'));
  await ensureKey(dir, NAME);
  assert.notDeepEqual(await readFile(join(dir, 'key.p8')), key, 'a half is made anew, as a pair');
});

test('a folder that cannot be written is named', async () => {
  await assert.rejects(ensureKey('/no/such/folder', NAME), (error: unknown) => {
    assert.ok(error instanceof TulleError);
    assert.equal(error.code, 'invalid_argument');
    assert.match(error.message, /\/no\/such\/folder \(LINKERD2_PROXY_IDENTITY_DIR\)/);
    return true;
  });
});
