import { expect, it } from 'vitest';
import { ALL_WELL, overview, TROUBLED } from '@/fixtures/mesh.ts';
import { headlineOf } from './overview-headline.ts';

it('counts what needs a person, without what is only outside', () => {
  expect(headlineOf(TROUBLED)).toEqual({
    title: 'Two workloads need you',
    note: 'of 4, in 1 namespace',
  });
});

it('says that one workload needs, not need', () => {
  const one = { ...TROUBLED, attention: TROUBLED.attention.slice(0, 1) };
  expect(headlineOf(one).title).toBe('One workload needs you');
});

it('says when all is well, and when there is nothing', () => {
  expect(headlineOf(ALL_WELL).title).toBe('Everything is well');
  expect(headlineOf(overview([])).title).toBe('Nothing runs yet');
});
