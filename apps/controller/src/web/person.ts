import type { LiveViewer } from '@tulle/live/server';
import { TulleError } from '@tulle/model';
import type { RequestHeaders } from '../kubernetes/kubernetes-api.ts';

/** Who is at the other end of a request to the public server. */
export interface Person extends LiveViewer {
  /** Tells people apart: what one may see is not shared with another. */
  readonly key: string;
  /** What the audit log calls them. */
  readonly name: string;
  readonly groups: readonly string[];
  /**
   * `local`: a laptop's only person, who may do everything. `token` and `proxied`: known to Kubernetes, whose RBAC
   * decides. `anonymous`: may read. `nobody`: may sign in.
   */
  readonly kind: 'local' | 'token' | 'proxied' | 'anonymous' | 'nobody';
  /**
   * Headers with which the Kubernetes API acts for them: their token, or whom to impersonate. Null for who may change
   * nothing.
   */
  readonly onBehalf: RequestHeaders | null;
  /** Why somebody who brought credentials is nobody; null otherwise. */
  readonly refused: string | null;
}

export const LOCAL_PERSON: Person = {
  key: 'local',
  name: 'you',
  groups: [],
  kind: 'local',
  onBehalf: {},
  refused: null,
};

export const ANONYMOUS: Person = {
  key: 'anonymous',
  name: 'anonymous',
  groups: [],
  kind: 'anonymous',
  onBehalf: null,
  refused: null,
};

/** @param refused why their credentials do not count; null where they brought none */
export function nobody(refused: string | null): Person {
  return { key: 'nobody', name: 'nobody', groups: [], kind: 'nobody', onBehalf: null, refused };
}

/** @throws TulleError `unauthenticated` for somebody who has not said who they are */
export function checkSignedIn({ kind, refused }: Person): void {
  if (kind !== 'nobody') return;
  throw new TulleError(
    'unauthenticated',
    refused ?? 'Sign in with a token of the cluster: this dashboard shows nothing to strangers.',
  );
}

/**
 * The headers to act for somebody with.
 * @param what in a few words: `tap`, `change the mesh`
 * @throws TulleError `permission_denied` for who only reads
 */
export function onBehalfOf({ onBehalf }: Person, what: string): RequestHeaders {
  if (onBehalf !== null) return onBehalf;
  throw new TulleError(
    'permission_denied',
    `You read without having signed in, which is not enough to ${what}: sign in with a token, and what you may do is decided by the cluster’s RBAC.`,
  );
}
