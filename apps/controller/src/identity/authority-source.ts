import type { TulleError } from '@tulle/model';
import type { Authority } from '@tulle/pki';

/** Gives the authority in force now. */
export type AuthoritySource = () => Promise<Authority>;

export interface ReloadingAuthorityOptions {
  /** Reads it from disk. */
  readonly load: () => Promise<Authority>;
  readonly now: () => number;
  /** Told when another issuer is in force. */
  readonly onRotated: (authority: Authority) => void;
  /** Told when what is on disk cannot be used; the one in force stays. */
  readonly onFault: (error: TulleError) => void;
}

/** A renewed issuer is in force at the latest this long after it is on disk and asked for. */
const REREAD_AFTER_MS = 2000;

/**
 * An issuer that others renew on disk. It is looked at when a certificate is asked for, not by a clock: no request, no
 * work. What cannot be used does not replace what works.
 * @throws TulleError `unavailable` when the first one cannot be used.
 */
export async function createReloadingAuthority(
  options: ReloadingAuthorityOptions,
): Promise<AuthoritySource> {
  let current = await options.load();
  let readAtMs = options.now();
  let reading: Promise<void> | null = null;
  let lastFault = '';

  async function reread(): Promise<void> {
    try {
      const next = await options.load();
      lastFault = '';
      if (next.issuerPem === current.issuerPem) return;
      current = next;
      options.onRotated(next);
    } catch (reason) {
      const error = reason as TulleError;
      if (error.message === lastFault) return;
      lastFault = error.message;
      options.onFault(error);
    }
  }

  return async () => {
    if (reading === null && options.now() - readAtMs >= REREAD_AFTER_MS) {
      readAtMs = options.now();
      reading = reread().finally(() => {
        reading = null;
      });
    }
    if (reading !== null) await reading;
    return current;
  };
}
