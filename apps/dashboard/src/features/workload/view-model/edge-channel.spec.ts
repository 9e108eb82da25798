import type { EdgeRow } from '@tulle/model';
import { expect, it } from 'vitest';
import { WORKLOAD } from '@/fixtures/workload.ts';
import { channelOf } from './edge-channel.ts';

const [secured] = WORKLOAD.calls as [EdgeRow];
const [plain] = WORKLOAD.calledBy as [EdgeRow];

it('proves mutual TLS with both identities', () => {
  const channel = channelOf(secured);
  expect(channel.words).toBe('mutual TLS');
  expect(channel.hint).toContain('web.emojivoto → voting.emojivoto');
});

it('gives the reason for plain text', () => {
  expect(channelOf(plain)).toEqual({
    words: 'plain text',
    tone: 'warn',
    hint: 'vote-bot has no proxy beside it.',
  });
});

it('does not call a mixed edge secured', () => {
  expect(channelOf({ ...secured, security: 'mixed' }).tone).toBe('warn');
});
