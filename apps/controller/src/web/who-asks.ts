import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP, type BlockList } from 'node:net';
import type { AnonymousMode, AuthProxyConfig } from '../config/controller-config.ts';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { ANONYMOUS, LOCAL_PERSON, nobody, type Person } from './person.ts';
import { blockListOf } from './networks.ts';
import { tokenInCookie } from './session-cookie.ts';

export interface WhoAsks {
  /** Never throws for what a client sends. @throws TulleError `unavailable` while tokens cannot be checked */
  of(request: IncomingMessage): Promise<Person>;
  /** @throws TulleError as {@link of} */
  ofToken(token: string): Promise<Person>;
}

/** A laptop has one person. */
export const ONLY_ONE: WhoAsks = {
  of: async () => LOCAL_PERSON,
  ofToken: async () => LOCAL_PERSON,
};

export interface ClusterWhoAsksOptions {
  readonly api: Pick<KubernetesApi, 'request'>;
  readonly anonymous: AnonymousMode;
  readonly authProxy: AuthProxyConfig | null;
  /** Milliseconds. */
  readonly now: () => number;
}

interface TokenReviewAnswer {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly error?: string;
    readonly user?: { readonly username?: string; readonly groups?: readonly string[] };
  };
}

/** A token that was taken away is refused this much later at the latest. */
const REMEMBER_MS = 30_000;
const MAX_REMEMBERED = 1000;
const MAX_TOKEN_CHARS = 16 * 1024;
const AUTHENTICATED = 'system:authenticated';
const BEARER = /^Bearer +(\S+)$/i;

/**
 * Who asks in a cluster, in this order: the token of the request, or of the sign-in cookie, as the Kubernetes API knows
 * it; the headers of an authenticating proxy, from its own addresses only; anonymous, where that is allowed.
 */
export function createClusterWhoAsks(options: ClusterWhoAsksOptions): WhoAsks {
  const { api, now, anonymous, authProxy } = options;
  const trusted = authProxy === null ? null : blockListOf(authProxy.cidrs);
  const remembered = new Map<string, { readonly person: Person; readonly untilMs: number }>();

  async function ofToken(token: string): Promise<Person> {
    if (token.length > MAX_TOKEN_CHARS) return nobody('This token is too long to be one.');
    const digest = createHash('sha256').update(token).digest('base64url');
    const known = remembered.get(digest);
    if (known !== undefined && known.untilMs > now()) return known.person;
    const person = await review(api, token, digest);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(digest, { person, untilMs: now() + REMEMBER_MS });
    return person;
  }

  function ofProxy(request: IncomingMessage): Person | null {
    if (authProxy === null || trusted === null) return null;
    const user = one(request, authProxy.userHeader);
    if (user === '' || !isFrom(request, trusted)) return null;
    const groupsText = authProxy.groupsHeader === null ? '' : one(request, authProxy.groupsHeader);
    const groups = groupsText
      .split(',')
      .map((group) => group.trim())
      .filter((group) => group !== '');
    return proxied(user, groups);
  }

  return {
    ofToken,
    async of(request) {
      const token = bearerOf(request) ?? tokenInCookie(request.headers.cookie);
      if (token !== null) return ofToken(token);
      const person = ofProxy(request);
      if (person !== null) return person;
      const mayRead = anonymous === 'read' || (anonymous === 'local' && isLoopback(request));
      return mayRead ? ANONYMOUS : nobody(null);
    },
  };
}

async function review(
  api: Pick<KubernetesApi, 'request'>,
  token: string,
  digest: string,
): Promise<Person> {
  const { status } = await api.request<TokenReviewAnswer>({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
  });
  const name = status?.user?.username ?? '';
  if (status?.authenticated !== true || name === '') {
    return nobody('The cluster does not know this token, or not any more; sign in with another.');
  }
  return {
    key: `token ${digest}`,
    name,
    groups: status.user?.groups ?? [],
    kind: 'token',
    onBehalf: { authorization: `Bearer ${token}` },
    refused: null,
  };
}

/** `system:` is the cluster's own: a proxy that could name such a group could make anybody its master. */
function proxied(user: string, groups: readonly string[]): Person | null {
  if ([user, ...groups].some((name) => name.startsWith('system:'))) return null;
  const all = [...groups, AUTHENTICATED];
  return {
    key: `proxied ${JSON.stringify([user, ...groups])}`,
    name: user,
    groups: all,
    kind: 'proxied',
    onBehalf: { 'impersonate-user': user, 'impersonate-group': all },
    refused: null,
  };
}

function bearerOf({ headers }: IncomingMessage): string | null {
  return BEARER.exec(headers.authorization ?? '')?.[1] ?? null;
}

/** A header that came twice counts as none: one of them would not be the proxy's. */
function one({ headersDistinct }: IncomingMessage, name: string): string {
  const values = headersDistinct[name] ?? [];
  return values.length === 1 ? (values[0] ?? '') : '';
}

function isLoopback(request: IncomingMessage): boolean {
  return isFrom(request, LOOPBACK);
}

function isFrom({ socket }: IncomingMessage, list: BlockList): boolean {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

const LOOPBACK = blockListOf(['127.0.0.0/8', '::1/128']);
