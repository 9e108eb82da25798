import type { PodRef, TokenReview } from '@tulle/model';
import { createKeyAndRequest } from '@tulle/pki';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IdentityFiles } from './proxy-environment.ts';

/** Audience of the tokens with which a proxy asks for its certificate. Source: linkerd2 charts, projected token. */
export const IDENTITY_AUDIENCE = 'identity.l5d.io';

const TOKEN_BYTES = 32;

interface TokenOwner {
  readonly serviceAccount: string;
  readonly pod: PodRef;
}

/**
 * Makes each meshed instance its key, certificate request and token, and knows whose token is whose: what the proxy's
 * init step and the service-account tokens are in a cluster.
 */
export class IdentityStore {
  readonly #root: string;
  /** By the token's SHA-256, so that looking one up takes no longer for a nearly right one. */
  readonly #owners = new Map<string, TokenOwner>();

  /** @param root folder for the files; emptied, as tokens of an earlier run are worth nothing */
  constructor(root: string) {
    this.#root = root;
    rmSync(root, { recursive: true, force: true });
  }

  /** @param identity mesh identity of the service account */
  async create(pod: PodRef, serviceAccount: string, identity: string): Promise<IdentityFiles> {
    const folder = this.#folderOf(pod);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { keyDer, requestDer } = await createKeyAndRequest(identity);
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    this.#owners.set(digest(token), { serviceAccount, pod });
    const tokenFile = join(folder, 'token');
    writeFileSync(join(folder, 'key.p8'), keyDer, { mode: 0o600 });
    writeFileSync(join(folder, 'csr.der'), requestDer, { mode: 0o600 });
    writeFileSync(tokenFile, token, { mode: 0o600 });
    return { folder, tokenFile };
  }

  /** Forgets an instance: its token is refused from now on, its files are gone. */
  remove(pod: PodRef): void {
    for (const [token, owner] of this.#owners) {
      if (owner.pod.namespace === pod.namespace && owner.pod.name === pod.name) {
        this.#owners.delete(token);
      }
    }
    rmSync(this.#folderOf(pod), { recursive: true, force: true });
  }

  review(token: string, audience: string): TokenReview {
    if (audience !== IDENTITY_AUDIENCE) {
      return { authenticated: false, reason: `Tokens here are for ${IDENTITY_AUDIENCE}.` };
    }
    const owner = this.#owners.get(digest(token));
    if (owner === undefined) {
      return { authenticated: false, reason: 'No running instance has this token.' };
    }
    const { serviceAccount, pod } = owner;
    return { authenticated: true, namespace: pod.namespace, serviceAccount, pod };
  }

  #folderOf(pod: PodRef): string {
    return join(this.#root, pod.namespace, pod.name);
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
