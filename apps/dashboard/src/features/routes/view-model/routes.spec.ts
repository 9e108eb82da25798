import type { StoredProfile } from '@tulle/model';
import { describe, expect, it } from 'vitest';
import { keepDraft, loadDraft } from '../data/draft-storage.ts';
import { service } from '@/fixtures/mesh.ts';
import { draftOf, isChanged, newRow, specOf } from './draft.ts';
import type { RoutesDraft } from './draft.ts';
import { issuesOf } from './draft-issues.ts';
import { editDraft, freshId } from './edit-draft.ts';
import { proposedPattern } from './seen-pattern.ts';

const STORED: StoredProfile = {
  namespace: 'emojivoto',
  service: 'web-svc',
  version: 7,
  savedAtMs: 0,
  savedBy: 'you',
  spec: {
    routes: [
      { name: 'vote', condition: { method: 'GET', pathRegex: '/api/vote' }, timeout: '1s' },
      { name: 'icon', condition: { pathRegex: '/favicon.ico' }, isRetryable: true },
      {
        name: 'complex',
        condition: { any: [{ method: 'PUT' }, { method: 'POST' }] },
        responseClasses: [{ condition: { status: { min: 429 } }, isFailure: true }],
      },
    ],
    retryBudget: { retryRatio: 0.2, minRetriesPerSecond: 10, ttl: '10s' },
  },
};

function typed(draft: RoutesDraft, id: string, change: object): RoutesDraft {
  return editDraft(draft, { kind: 'change', id, change });
}

describe('a draft', () => {
  it('gives the stored profile back when nothing was changed', () => {
    const draft = draftOf(STORED);
    expect(specOf(draft, STORED.spec)).toEqual(STORED.spec);
    expect(isChanged(draft, STORED)).toBe(false);
  });

  it('keeps the name of a route while only its timeout changes, so that its numbers go on', () => {
    const draft = typed(draftOf(STORED), 's0', { timeout: '250 ms' });
    expect(specOf(draft, STORED.spec).routes[0]).toMatchObject({ name: 'vote', timeout: '250ms' });
    expect(isChanged(draft, STORED)).toBe(true);
  });

  it('names a route after its method and path when those change', () => {
    const draft = typed(draftOf(STORED), 's0', { path: '/api/vote/{id}' });
    expect(specOf(draft, STORED.spec).routes[0]).toMatchObject({
      name: 'GET /api/vote/{id}',
      condition: { method: 'GET', pathRegex: '/api/vote/[^/]*' },
    });
  });

  it('takes every path of a method when the path is emptied', () => {
    const draft = typed(draftOf(STORED), 's0', { path: '' });
    expect(specOf(draft, STORED.spec).routes[0]?.condition).toEqual({ method: 'GET' });
  });

  it('adds, moves and removes rows and gives each its own id', () => {
    const draft = draftOf(STORED);
    const id = freshId(draft);
    const more = editDraft(draft, { kind: 'add', row: newRow(id, { method: 'GET', path: '/js' }) });
    expect(freshId(more)).not.toBe(id);
    const up = editDraft(more, { kind: 'move', id, by: -1 });
    expect(up.rows.map((row) => row.id)).toEqual(['s0', 's1', id, 's2']);
    expect(editDraft(up, { kind: 'remove', id })).toEqual(draft);
    expect(editDraft(draft, { kind: 'move', id: 's0', by: -1 })).toEqual(draft);
  });

  it('says what counts as failure', () => {
    const draft = typed(draftOf(STORED), 's0', { failure: 'client-errors' });
    const [route] = specOf(draft, STORED.spec).routes;
    expect(route?.responseClasses?.[0]?.condition.status).toEqual({ min: 400, max: 599 });
    const again = draftOf({ ...STORED, spec: specOf(draft, STORED.spec) });
    expect(again.rows.map(({ failure }) => failure)).toEqual([
      'client-errors',
      'default',
      'custom',
    ]);
  });
});

describe('issues', () => {
  it('stand beside the field they are about', () => {
    let draft = typed(draftOf(STORED), 's0', { path: '/api/vote(', timeout: 'soon' });
    draft = editDraft(draft, { kind: 'add', row: newRow('n1') });
    const issues = issuesOf(specOf({ ...draft, rows: draft.rows }, STORED.spec), []);
    expect(issues.fields[0]?.path).toMatch(/the group opened at 10 is not closed/);
    expect(issues.fields[0]?.timeout).toMatch(/Not a duration/);
  });

  it('come from the server where the page finds none', () => {
    const spec = specOf(draftOf(STORED), STORED.spec);
    const said = [
      { path: 'routes[1].condition.pathRegex', message: 'no' },
      { path: 'routes', message: 'too many' },
    ];
    const issues = issuesOf(spec, said);
    expect(issues.fields[1]?.path).toBe('no');
    expect(issues.rest).toEqual([said[1]]);
  });
});

it('keeps a draft in the browser until it is forgotten, and survives a broken one', () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const ref = service('web-svc');
  const draft = draftOf(STORED);
  keepDraft(storage, ref, draft);
  expect(loadDraft(storage, ref)).toEqual(draft);
  kept.set([...kept.keys()][0] ?? '', '{');
  expect(loadDraft(storage, ref)).toBeNull();
  keepDraft(storage, ref, null);
  expect(kept.size).toBe(0);
  expect(loadDraft(null, ref)).toBeNull();
});

it('proposes a pattern for a path with ids', () => {
  expect(proposedPattern({ path: '/books/42?page=1' })).toBe('/books/{id}');
  expect(proposedPattern({ path: '/api/vote' })).toBe('/api/vote');
});
