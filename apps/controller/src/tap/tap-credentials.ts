import { formatIdentityName, type Authority, type Credentials } from '@tulle/pki';
import type { TapCredentialsSource } from './observe-client.ts';

export interface TapCredentialsOptions {
  readonly authority: Authority;
  readonly trustDomain: string;
  readonly controlPlaneNamespace: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A certificate with less life than this left is replaced before it is used. */
const MIN_LIFE_LEFT_MS = 3600_000;

/** The tap client's own certificate (the name in LINKERD2_PROXY_TAP_SVC_NAME), made when asked for and kept until it ages. */
export function createTapCredentials(options: TapCredentialsOptions): TapCredentialsSource {
  const { authority, now, trustDomain, controlPlaneNamespace } = options;
  const identity = formatIdentityName({
    serviceAccount: 'tap',
    namespace: controlPlaneNamespace,
    controlPlaneNamespace,
    trustDomain,
  });
  let current: Promise<Credentials> | null = null;
  return async () => {
    const held = await current;
    if (held !== null && held.validUntilMs - now() > MIN_LIFE_LEFT_MS) return held;
    current = authority.issueCredentials(identity);
    current.catch(() => {
      current = null; // the next caller asks again
    });
    return current;
  };
}
