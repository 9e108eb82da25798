import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createAuthority, createAuthorityMaterial } from '@tulle/pki';
import { createTapCredentials } from './tap-credentials.ts';

const HOUR_MS = 60 * 60 * 1000;
const NAMES = { controlPlaneNamespace: 'tulle', trustDomain: 'cluster.local' };

test('the tap certificate is made once and renewed at 70 % of its life', async () => {
  let now = Date.now();
  const authority = await createAuthority(await createAuthorityMaterial(NAMES), () => now);
  const credentials = createTapCredentials(authority, NAMES, () => now);
  const [first, again] = await Promise.all([credentials(), credentials()]);
  assert.equal(first, again);
  assert.equal(
    new X509Certificate(first.certPem).subjectAltName,
    'DNS:tap.tulle.serviceaccount.identity.tulle.cluster.local',
  );
  now += 16 * HOUR_MS;
  assert.equal(await credentials(), first);
  now += 1 * HOUR_MS;
  const renewed = await credentials();
  assert.ok(renewed.validUntilMs > first.validUntilMs);
});
