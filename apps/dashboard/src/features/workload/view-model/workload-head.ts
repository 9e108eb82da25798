import type { WorkloadView } from '@tulle/model';
import { shortIdentity } from '@/lib/format/identity.ts';
import { span } from '@/lib/format/time.ts';

export interface HeadTag {
  readonly words: string;
  readonly tone: 'accent' | 'quiet' | 'warn';
}

/** "2 of 2 meshed", "outside the mesh"; amber while only some of its instances are meshed. */
export function meshedTag({ row }: Pick<WorkloadView, 'row'>): HeadTag {
  const { meshed, total } = row.meshed;
  if (total === 0) return { words: 'no instance', tone: 'warn' };
  if (meshed === 0) return { words: 'outside the mesh', tone: 'quiet' };
  return { words: `${meshed} of ${total} meshed`, tone: meshed === total ? 'accent' : 'warn' };
}

/** "identity web.emojivoto, certificate renews in 16 h"; null for a workload without identity. */
export function identityWords(
  { identity, certificateRenewsAtMs: renewsAtMs }: WorkloadView,
  nowMs: number,
): string | null {
  if (identity === null) return null;
  const name = `identity ${shortIdentity(identity)}`;
  if (renewsAtMs === null || nowMs === 0) return name;
  if (renewsAtMs <= nowMs) return `${name}, certificate is being renewed`;
  return `${name}, certificate renews in ${span(renewsAtMs - nowMs)}`;
}
