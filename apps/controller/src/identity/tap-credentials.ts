import {
  formatIdentityName,
  type Authority,
  type AuthorityNames,
  type Credentials,
} from '@tulle/pki';
import type { CredentialsSource } from './credentials-source.ts';

/** Service account whose identity proxies let tap (LINKERD2_PROXY_TAP_SVC_NAME). */
const TAP_SERVICE_ACCOUNT = 'tap';
/** Made anew after this part of their lifetime, as proxies do. */
const RENEW_AFTER = 0.7;

/**
 * The controller's own client certificate for the proxies' tap service: made on first use, kept, renewed in time.
 * @param now milliseconds since the epoch
 */
export function createTapCredentials(
  authority: Authority,
  names: AuthorityNames,
  now: () => number,
): CredentialsSource {
  const identity = formatIdentityName({
    ...names,
    serviceAccount: TAP_SERVICE_ACCOUNT,
    namespace: names.controlPlaneNamespace,
  });
  let renewAtMs = 0;
  let made: Promise<Credentials> | null = null;

  async function make(): Promise<Credentials> {
    const issuedAtMs = now();
    const credentials = await authority.issueCredentials(identity);
    renewAtMs = issuedAtMs + (credentials.validUntilMs - issuedAtMs) * RENEW_AFTER;
    return credentials;
  }

  return () => {
    if (made === null || now() >= renewAtMs) {
      renewAtMs = Number.POSITIVE_INFINITY;
      made = make();
      made.catch(() => {
        made = null;
      });
    }
    return made;
  };
}
