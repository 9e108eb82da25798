import { expect, test } from 'vitest';
import { keyOf } from '@tulle/model';
import { INGRESS, MAP, largeMap, POSTGRES } from '@/fixtures/map.ts';
import { EMOJI, VOTE_BOT, VOTING, WEB } from '@/fixtures/mesh.ts';
import { edgeAsExchange, unanswerable } from './edge-as-exchange.ts';
import { edgeLook, edgeSentence } from './edge-look.ts';
import { litPath } from './lit-path.ts';
import { mapGraph } from './map-graph.ts';
import type { MapChoices } from './map-graph.ts';
import { parseFilter } from '@tulle/model';

const ALL: MapChoices = { collapsed: new Set(), idle: false, matches: null };

test('only workloads with traffic are drawn, the others are counted', () => {
  const { groups, boxes } = mapGraph(MAP, ALL);
  expect(groups).toEqual([
    { namespace: 'emojivoto', drawn: 5, idle: 2 },
    { namespace: 'ingress', drawn: 1, idle: 0 },
  ]);
  expect(boxes.map(({ id }) => id)).toContain('beyond:destinations');
  const withIdle = mapGraph(MAP, { ...ALL, idle: true });
  expect(withIdle.groups[0]).toEqual({ namespace: 'emojivoto', drawn: 7, idle: 0 });
});

test('a collapsed namespace is one box with the worst health, and its inner lines are not seen', () => {
  const { groups, boxes, lines } = mapGraph(MAP, { ...ALL, collapsed: new Set(['emojivoto']) });
  expect(groups.map(({ namespace }) => namespace)).toEqual(['ingress']);
  expect(boxes).toContainEqual({
    kind: 'namespace',
    id: 'ns:emojivoto',
    namespace: 'emojivoto',
    workloads: 5,
    health: 'failing',
  });
  expect(lines.map(({ source, target }) => [source, target])).toEqual([
    [keyOf(INGRESS), 'ns:emojivoto'],
    ['ns:emojivoto', 'beyond:destinations'],
  ]);
});

test('lines between two collapsed namespaces add up to one', () => {
  const view = largeMap(40, 2, 120);
  const { boxes, lines } = mapGraph(view, { ...ALL, collapsed: new Set(['team-00', 'team-01']) });
  expect(boxes).toHaveLength(2);
  const between = Object.values(view.edges).filter(
    ({ from, to }) => from?.namespace !== to?.namespace,
  );
  const rate = (requests: readonly (number | undefined)[]) =>
    requests.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  expect(rate(lines.map(({ edge }) => edge.golden?.requestsPerSecond))).toBeCloseTo(
    rate(between.map(({ golden }) => golden?.requestsPerSecond)),
  );
});

test.each([
  ['dst:voting', [[WEB, VOTING]]],
  ['tls:no src:vote-bot', [[VOTE_BOT, WEB]]],
  ['failed:yes -dst:web', [[WEB, VOTING]]],
  [
    'latency:<5ms',
    [
      [WEB, EMOJI],
      [WEB, VOTING],
    ],
  ],
])('%s keeps the edges it matches', (text, pairs) => {
  const parsed = parseFilter(text);
  if (!parsed.ok) throw new Error(text);
  const { lines } = mapGraph(MAP, {
    ...ALL,
    matches: (key, edge) => parsed.filter.matches(edgeAsExchange(key, edge)),
  });
  expect(lines.map(({ source, target }) => [source, target])).toEqual(
    pairs.map(([from, to]) => [keyOf(from!.ref), keyOf(to!.ref)]),
  );
});

test('a key that only single requests have is named', () => {
  const parsed = parseFilter('dst:web path:/api/*');
  expect(parsed.ok && unanswerable(parsed.filter.terms)?.key).toBe('path');
});

test('pointing at a workload lights everything that leads to it and everything it leads to', () => {
  const { lines } = mapGraph(MAP, ALL);
  const lit = litPath(lines, keyOf(VOTING.ref));
  expect([...lit.boxes].sort()).toEqual(
    [INGRESS, VOTE_BOT.ref, WEB.ref, VOTING.ref, POSTGRES]
      .map(keyOf)
      .concat('beyond:destinations')
      .sort(),
  );
  expect(lit.lines.has(`${keyOf(WEB.ref)}>${keyOf(EMOJI.ref)}`)).toBe(false);
});

test('a circle of calls ends', () => {
  const { lines } = mapGraph(largeMap(10, 1, 60), ALL);
  expect(litPath(lines, lines[0]?.source ?? '').lines.size).toBeGreaterThan(0);
});

test('a line says its rate and the one thing that matters most', () => {
  const { lines } = mapGraph(MAP, ALL);
  const label = (from: string, to: string) => {
    const line = lines.find(({ source, target }) => source.endsWith(from) && target.endsWith(to));
    return line === undefined ? null : edgeLook(line.edge).label;
  };
  expect(label('web', 'voting')).toBe('11 /s, 14.8 % fail');
  expect(label('web', 'emoji')).toBe('45 /s, 2.0 ms');
  expect(label('voting', 'postgres')).toBe('38 connections');
});

test('an edge in sentences names both identities', () => {
  const edge = Object.values(MAP.edges).find(({ to }) => to?.name === 'voting');
  expect(edge === undefined ? '' : edgeSentence(edge)).toBe(
    '11 requests/s, 85.2 % succeed, P95 4.0 ms. Mutual TLS between web.emojivoto and voting.emojivoto.',
  );
});
