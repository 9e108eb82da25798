import { expect, it } from 'vitest';
import { VOTE_BOT, WEB } from '@/fixtures/mesh.ts';
import { WORKLOAD } from '@/fixtures/workload.ts';
import { identityWords, meshedTag } from './workload-head.ts';

it('says how many instances are meshed', () => {
  expect(meshedTag({ row: WEB })).toEqual({ words: '2 of 2 meshed', tone: 'accent' });
  expect(meshedTag({ row: VOTE_BOT }).words).toBe('outside the mesh');
  const half = { row: { ...WEB, meshed: { meshed: 1, total: 2 } } };
  expect(meshedTag(half)).toEqual({ words: '1 of 2 meshed', tone: 'warn' });
});

it('names the identity shortly and says when the certificate renews', () => {
  const view = {
    ...WORKLOAD,
    identity: 'web.emojivoto.serviceaccount.identity.tulle.cluster.local',
    certificateRenewsAtMs: 16 * 3600_000 + 1000,
  };
  expect(identityWords(view, 500)).toBe('identity web.emojivoto, certificate renews in 16 h');
  expect(identityWords(view, 17 * 3600_000)).toContain('being renewed');
  expect(identityWords({ ...view, identity: null }, 500)).toBeNull();
});
