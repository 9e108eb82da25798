import { IDENTITY_VOLUME, TOKEN_VOLUME, XTABLES_VOLUME } from '../annotations/names.ts';
import type { Volume } from '../kubernetes/pod.ts';
import { TOKEN_FILE } from './environment.ts';

/** Who the identity service wants the token to be for; no other service takes it. */
const AUDIENCE = 'identity.l5d.io';
const TOKEN_SECONDS = 86_400;

/** Key and certificate request in memory, the token, and a place for iptables' lock where rules are written. */
export function volumes(isRedirecting: boolean): Volume[] {
  const identity: Volume[] = [
    { name: IDENTITY_VOLUME, emptyDir: { medium: 'Memory' } },
    {
      name: TOKEN_VOLUME,
      projected: {
        sources: [
          {
            serviceAccountToken: {
              path: TOKEN_FILE,
              expirationSeconds: TOKEN_SECONDS,
              audience: AUDIENCE,
            },
          },
        ],
      },
    },
  ];
  return isRedirecting ? [{ name: XTABLES_VOLUME, emptyDir: {} }, ...identity] : identity;
}
