import type { EdgeRow } from '@tulle/model';
import { shortIdentity } from '@/lib/format/identity.ts';

export interface Channel {
  readonly words: string;
  readonly tone: 'ok' | 'warn';
  /** The identities of both ends, or why there are none. */
  readonly hint: string;
}

/** How an edge is secured, with its proof or its reason. */
export function channelOf(edge: EdgeRow): Channel {
  const { security, clientIdentity, serverIdentity, plainReason } = edge;
  switch (security) {
    case 'mutual-tls':
      return {
        words: 'mutual TLS',
        tone: 'ok',
        hint: `${nameOf(clientIdentity)} → ${nameOf(serverIdentity)}\nBoth ends showed a certificate of this mesh.`,
      };
    case 'plain':
      return { words: 'plain text', tone: 'warn', hint: plainReason ?? 'No reason is known.' };
    case 'mixed':
      return {
        words: 'partly plain',
        tone: 'warn',
        hint: `Some connections are mutual TLS, some are not. ${plainReason ?? ''}`.trim(),
      };
  }
}

function nameOf(identity: string | null): string {
  return identity === null ? 'unknown' : shortIdentity(identity);
}
