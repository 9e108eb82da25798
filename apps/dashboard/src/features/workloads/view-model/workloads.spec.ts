import { expect, it } from 'vitest';
import { EMOJI, VOTE_BOT, VOTING, WEB } from '@/fixtures/mesh.ts';
import { routesText } from '../components/workload-columns.tsx';
import { byUrgency } from './by-urgency.ts';

it('puts what fails first and what is outside last', () => {
  const names = byUrgency([VOTE_BOT, EMOJI, WEB, VOTING]).map((row) => row.ref.name);
  expect(names).toEqual(['voting', 'web', 'emoji', 'vote-bot']);
});

it('names two routes and counts the rest', () => {
  expect(routesText(['/api/vote', '/api/list', '/'], 4)).toBe('/api/vote, /api/list +2');
  expect(routesText(['ListAll'], 1)).toBe('ListAll');
  expect(routesText([], 0)).toBe('');
});
