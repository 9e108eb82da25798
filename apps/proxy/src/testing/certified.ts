/** Certificates from a real authority made for the test. */
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { createAuthority, createAuthorityMaterial } from '@tulle/pki';
import type { Authority } from '@tulle/pki';

export const TEST_NAMES = { controlPlaneNamespace: 'tulle', trustDomain: 'cluster.local' };

export async function testAuthority(): Promise<Authority> {
  return createAuthority(await createAuthorityMaterial(TEST_NAMES));
}

/** What a proxy of that identity has for both sides of mutual TLS. */
export async function secureContextFor(
  authority: Authority,
  identity: string,
): Promise<SecureContext> {
  const { certPem, keyPem, anchorsPem } = await authority.issueCredentials(identity);
  return createSecureContext({
    cert: certPem,
    key: keyPem,
    ca: anchorsPem,
    minVersion: 'TLSv1.3',
  });
}
