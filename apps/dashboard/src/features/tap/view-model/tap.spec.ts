import { parseFilter } from '@tulle/model';
import type { TapExchange, TapFilter } from '@tulle/model';
import { describe, expect, it } from 'vitest';
import { createTapStore } from '../data/tap-store.ts';
import { asCurl } from './as-curl.ts';
import { tapCountText } from './foot-text.ts';
import { groupRows } from './group-rows.ts';
import { stripModel } from './strip.ts';
import { bodyNote } from './body-note.ts';
import { timingFacts } from './timing-facts.ts';
import { phasesOf, shortPath, statusOf } from './tap-row.ts';
import { exchange } from '@/fixtures/tap.ts';

function filterOf(text: string): TapFilter {
  const parsed = parseFilter(text);
  if (!parsed.ok) throw new Error(text);
  return parsed.filter;
}

const ids = (rows: readonly TapExchange[]) => rows.map(({ id }) => id);

describe('the tap store', () => {
  it('shows the newest first and applies a filter to what came before it', () => {
    const store = createTapStore();
    store.add([exchange('1', { httpStatus: 500 }), exchange('2')], 0);
    expect(ids(store.snapshot().shown)).toEqual(['2', '1']);
    store.setFilter(filterOf('status:5xx'));
    expect(ids(store.snapshot().shown)).toEqual(['1']);
    expect(store.snapshot().kept).toBe(2);
  });

  it('puts the end of a pending exchange in its own place', () => {
    const store = createTapStore();
    store.add([exchange('1', { outcome: { kind: 'pending' } }), exchange('2')], 0);
    store.add([exchange('1')], 0);
    expect(ids(store.snapshot().shown)).toEqual(['2', '1']);
    expect(store.snapshot().shown[1]?.outcome.kind).toBe('ended');
  });

  it('keeps what arrives while frozen and shows it afterwards', () => {
    const store = createTapStore();
    store.add([exchange('1')], 0);
    store.setFrozen(true);
    store.add([exchange('2'), exchange('3')], 0);
    expect(ids(store.snapshot().shown)).toEqual(['1']);
    expect(store.snapshot().waiting).toBe(2);
    store.setFrozen(false);
    expect(ids(store.snapshot().shown)).toEqual(['3', '2', '1']);
  });

  it('lets the oldest go when it is full and says how many', () => {
    const store = createTapStore(10);
    store.add(
      Array.from({ length: 15 }, (_, index) => exchange(String(index))),
      4,
    );
    const { kept, forgotten, dropped } = store.snapshot();
    expect(kept).toBeLessThanOrEqual(10);
    expect(kept + forgotten).toBe(15);
    expect(dropped).toBe(4);
    store.add([exchange('14', { httpStatus: 404 })], 0);
    expect(store.snapshot().shown[0]?.httpStatus).toBe(404);
  });

  it('gives the same snapshot until something changes', () => {
    const store = createTapStore();
    store.add([exchange('1')], 0);
    expect(store.snapshot()).toBe(store.snapshot());
  });
});

describe('a row', () => {
  it('says what became of the exchange', () => {
    expect(statusOf(exchange('1'))).toEqual({ text: '200', tone: 'plain' });
    expect(statusOf(exchange('1', { grpcStatus: 2 }))).toEqual({ text: 'Unknown', tone: 'bad' });
    expect(statusOf(exchange('1', { outcome: { kind: 'reset', errorCode: 8 } })).text).toBe(
      'reset',
    );
    const pending = exchange('1', { httpStatus: null, outcome: { kind: 'pending' } });
    expect(statusOf(pending)).toEqual({ text: 'waiting', tone: 'quiet' });
  });

  it('shortens gRPC paths only', () => {
    const path = '/emojivoto.v1.VotingService/VoteJoy';
    expect(shortPath(exchange('1', { path, grpcStatus: 0 }))).toBe('VotingService/VoteJoy');
    expect(shortPath(exchange('1', { path: '/a/b' }))).toBe('/a/b');
  });

  it('shows what is escaped where it fits in a line', () => {
    const shown = (path: string): string => shortPath(exchange('1', { path }));
    expect(shown('/api/vote?choice=%3Ajoy%3A')).toBe('/api/vote?choice=:joy:');
    expect(shown('/a%0Ab')).toBe('/a%0Ab');
    expect(shown('/a%E2%80%AEb')).toBe('/a%E2%80%AEb');
    expect(shown('/100%')).toBe('/100%');
  });

  it('draws waiting and body within the bar', () => {
    const phases = phasesOf(exchange('1', { latencyMs: 8, durationMs: 30 }), 10);
    expect(phases.waiting).toBeCloseTo(0.8);
    expect(phases.waiting + phases.body).toBeLessThanOrEqual(1);
  });
});

it('groups what is alike and counts failures', () => {
  const rows = [
    exchange('1', { path: '/api/vote?choice=a' }),
    exchange('2', { path: '/api/vote?choice=b', httpStatus: 500, latencyMs: 9 }),
    exchange('3', { path: '/api/list' }),
  ];
  const [first] = groupRows(rows);
  expect(first).toMatchObject({ path: '/api/vote', count: 2, failed: 1, worstMs: 9 });
});

it('draws the last minute and nothing older', () => {
  const rows = [
    exchange('1', { atMs: 100_000 }),
    exchange('2', { atMs: 100_000, httpStatus: 500 }),
    exchange('3', { atMs: 1 }),
  ];
  const strip = stripModel(rows, 110_000, { width: 100, height: 50 });
  expect(strip).toMatchObject({ succeeded: 1, failed: 1 });
});

it('quotes a request for the shell and leaves out what curl sets itself', () => {
  const curl = asCurl(
    exchange('1', {
      method: 'POST',
      path: "/a?x='y'",
      requestHeaders: [
        [':path', '/a'],
        ['host', 'web'],
        ['x-note', "it's"],
      ],
    }),
  );
  expect(curl).toBe(
    "curl \\\n  -X POST \\\n  'http://web-svc/a?x='\\''y'\\''' \\\n  -H 'x-note: it'\\''s' \\\n  --data ''",
  );
});

it('says how much of what it shows', () => {
  const store = createTapStore();
  store.add([exchange('1', { atMs: 0 })], 2);
  expect(tapCountText(store.snapshot(), 240_000)).toBe(
    '1 of 1 shown, 2 dropped on the way, oldest 4 min',
  );
});

const BODY = { text: '{"a":1}', omitted: null, bytes: 7, truncated: false } as const;

it('sends a body again where all of it was captured', () => {
  expect(asCurl(exchange('1', { requestBody: BODY }))).toContain(`--data-raw '{"a":1}'`);
  const beginning = { ...BODY, truncated: true };
  expect(asCurl(exchange('1', { requestBody: beginning }))).not.toContain('--data');
});

it('says of a body how much there is, and why not all of it is shown', () => {
  expect(bodyNote(BODY)).toBe('7 B');
  expect(bodyNote({ ...BODY, bytes: 0 })).toBe('nothing');
  expect(bodyNote({ ...BODY, truncated: true })).toBe('7 B, the beginning');
  expect(bodyNote({ ...BODY, text: null, omitted: 'not-text' })).toBe('7 B, not text');
});

it('keeps bodies of the newest rows only', () => {
  const store = createTapStore();
  const rows = Array.from({ length: 250 }, (_, index) =>
    exchange(String(index), { requestBody: BODY }),
  );
  store.add(rows, 0);
  const { shown } = store.snapshot();
  expect(shown.filter(({ requestBody }) => requestBody != null)).toHaveLength(200);
  expect(shown[0]?.requestBody).toEqual(BODY);
});

it('lists the phases there was something to wait in', () => {
  const phases = { queueMs: null, connectMs: 1, tlsMs: 2, firstByteMs: 20, bodyMs: 5 };
  const names = (change: Partial<TapExchange>) =>
    timingFacts(exchange('1', change)).map(([name]) => name);
  expect(names({ phases })).toEqual([
    'Begun',
    'Connecting',
    'TLS handshake',
    'First byte',
    'Body',
    'In all',
  ]);
  const reused = { ...phases, connectMs: null, tlsMs: null, queueMs: 3 };
  expect(names({ phases: reused })).toContain('Connection');
  expect(names({ phases: reused })).toContain('Waiting for an endpoint');
  expect(names({})).toContain('Waiting for the answer');
});
