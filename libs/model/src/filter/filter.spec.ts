import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { TapExchange } from '../tap/tap-exchange.ts';
import {
  FILTER_KEY_SPECS,
  FILTER_KEYS,
  formatFilter,
  isDecidedAtEnd,
  isDecidedByProxy,
  parseFilter,
  suggestFilter,
  type TapFilter,
} from './index.ts';
import { compileWildcard } from './wildcard.ts';

const VOTE: TapExchange = {
  id: '7',
  atMs: 0,
  direction: 'inbound',
  reporter: { kind: 'pod', namespace: 'emojivoto', name: 'web-1' },
  source: {
    address: '10.0.0.9:40112',
    workload: { kind: 'deployment', namespace: 'emojivoto', name: 'vote-bot' },
    pod: { kind: 'pod', namespace: 'emojivoto', name: 'vote-bot-1' },
  },
  destination: {
    address: '10.0.0.2:8080',
    workload: { kind: 'deployment', namespace: 'emojivoto', name: 'web' },
    pod: null,
  },
  security: {
    kind: 'mutual-tls',
    identity: 'vote-bot.emojivoto.serviceaccount.identity.tulle.cluster.local',
  },
  method: 'GET',
  scheme: 'http',
  authority: 'web-svc.emojivoto:80',
  path: '/api/vote?choice=:doughnut:',
  route: 'GET /api/vote',
  httpStatus: 500,
  grpcStatus: null,
  latencyMs: 5.5,
  durationMs: 6,
  responseBytes: 42,
  requestHeaders: [
    ['user-agent', 'Go-http-client/1.1'],
    ['x-request-id', '7f3a9c02-41be'],
    ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  ],
  responseHeaders: [],
  trailers: [],
  outcome: { kind: 'ended' },
};
const DOUGHNUT: TapExchange = {
  ...VOTE,
  id: '8',
  direction: 'outbound',
  method: 'POST',
  path: '/emojivoto.v1.VotingService/VoteDoughnut',
  route: null,
  httpStatus: 200,
  grpcStatus: 2,
  security: { kind: 'plain', reason: 'not_provided_by_service_discovery' },
};
const PENDING: TapExchange = {
  ...VOTE,
  id: '9',
  httpStatus: null,
  latencyMs: null,
  responseBytes: null,
  outcome: { kind: 'pending' },
};

function parsed(text: string): TapFilter {
  const result = parseFilter(text);
  assert.ok(result.ok, `${text}: ${JSON.stringify(result)}`);
  return result.filter;
}

const CASES: readonly (readonly [text: string, vote: boolean, doughnut: boolean])[] = [
  ['', true, true],
  ['ns:emojivoto', true, true],
  ['ns:other', false, false],
  ['-ns:other', true, true],
  ['src:vote-bot', true, true],
  ['src:deployment/vote-bot', true, true],
  ['src:vote-bot-1', true, true],
  ['src:10.0.0.9', true, true],
  ['dst:voting', false, false],
  ['dst:web,voting', true, true],
  ['route:"GET /api/vote"', true, false],
  ['route:*', true, false],
  ['-route:*', false, true],
  ['method:get', true, false],
  ['method:GET,POST', true, true],
  ['path:/api/vote', true, false],
  ['path:/api/vote?choice=:joy:', false, false],
  ['path:/api/*', true, false],
  ['-path:/api/*', false, true],
  ['path:VoteDoughnut', false, true],
  ['path:*Doughnut', false, true],
  ['host:web-svc.emojivoto', true, true],
  ['host:web-svc*', true, true],
  ['status:5xx', true, false],
  ['status:>=500', true, false],
  ['status:200,500', true, true],
  ['grpc:Unknown', false, true],
  ['grpc:2', false, true],
  ['grpc:ok', false, false],
  ['failed:yes', true, true],
  ['failed:no', false, false],
  ['latency:>5ms', true, true],
  ['latency:>500us latency:<5.5ms', false, false],
  ['size:<1kb', true, true],
  ['size:>=42', true, true],
  ['header:user-agent', true, true],
  ['header:user-agent:go-http*', true, true],
  ['header:cookie', false, false],
  ['client:vote-bot.*', true, false],
  ['id:7f3a9c02*', true, true],
  ['id:7', true, false],
  ['tls:yes', true, false],
  ['tls:no', false, true],
  ['direction:in', true, false],
  ['direction:outbound', false, true],
  ['reset:no', true, true],
  ['reset:yes', false, false],
  ['trace:4bf92f35*', true, true],
  ['doughnut', true, true],
  ['DOUGHNUT', true, true],
  ['-doughnut', false, false],
  ['"GET /api"', true, false],
  ['/api/vote?choice=:doughnut:', true, false],
  ['unknown', false, true],
  ['method:POST failed:yes -tls:yes', false, true],
];

test('each key answers for an HTTP failure and a gRPC failure as its table row says', () => {
  for (const [text, vote, doughnut] of CASES) {
    const filter = parsed(text);
    assert.equal(filter.matches(VOTE), vote, `${text} on the HTTP exchange`);
    assert.equal(filter.matches(DOUGHNUT), doughnut, `${text} on the gRPC exchange`);
  }
});

test('an exchange without its answer matches no comparison and every negated one', () => {
  assert.equal(parsed('status:5xx').matches(PENDING), false);
  assert.equal(parsed('-status:5xx').matches(PENDING), true);
  assert.equal(parsed('latency:<1s').matches(PENDING), false);
  assert.equal(parsed('failed:yes').matches(PENDING), false);
});

const FAULTS: readonly (readonly [text: string, message: RegExp, from: number, to: number])[] = [
  ['stauts:500', /no key "stauts"/, 0, 10],
  ['latncy:>1s', /did you mean latency/, 0, 10],
  ['latency:200ms', /above or below: >200ms/, 8, 13],
  ['latency:>200', /needs a unit/, 8, 12],
  ['method:GET status:6xx', /not a status/, 18, 21],
  ['status:Unknown', /write grpc:Unknown/, 7, 14],
  ['status:700', /outside 100 to 599/, 7, 10],
  ['grpc:17', /not a gRPC status/, 5, 7],
  ['path:', /A value is missing: write path/, 0, 5],
  ['path:/a,', /value is missing/, 0, 8],
  ['tls:maybe', /neither yes nor no/, 4, 9],
  ['"open', /not closed/, 0, 5],
  ['-', /minus alone/, 0, 1],
  ['retry:maybe', /neither yes nor no/, 6, 11],
  ['ttfb:1ms', /above or below/, 5, 8],
  ['header:', /Name the header/, 0, 7],
];

test('a fault is said in a sentence at its place', () => {
  for (const [text, message, from, to] of FAULTS) {
    const result = parseFilter(text);
    assert.equal(result.ok, false, text);
    const issue = result.ok ? undefined : result.issues[0];
    assert.match(issue?.message ?? '', message, text);
    assert.deepEqual([issue?.from, issue?.to], [from, to], text);
  }
});

test('all faults of a filter are reported together', () => {
  const result = parseFilter('status:9 latency:1 nokey:x');
  assert.equal(result.ok, false);
  assert.equal(result.ok ? 0 : result.issues.length, 3);
});

test('every example in the key table parses, unless the key says it cannot answer yet', () => {
  for (const key of FILTER_KEYS) {
    assert.equal(parseFilter(FILTER_KEY_SPECS[key].example).ok, true, key);
  }
});

test('formatting and parsing again gives the same terms', () => {
  const bare = (filter: TapFilter): unknown =>
    filter.terms.map(({ from: _from, to: _to, ...term }) => term);
  // An empty word in quotes was written without them, and was gone.
  for (const text of [...CASES.map(([text]) => text), '""', '-"" x']) {
    const filter = parsed(text);
    assert.deepEqual(bare(parsed(formatFilter(filter.terms))), bare(filter), text);
  }
});

test('any word survives quoting as a bare word and as a value', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 20 }), fc.boolean(), (word, negated) => {
      const values = [{ kind: 'pattern', text: word }] as const;
      const place = { header: null, negated, from: 0, to: 0 };
      const terms = [
        { key: 'text', values, ...place },
        { key: 'path', values, ...place },
      ] as const;
      const again = parsed(formatFilter(terms)).terms;
      assert.deepEqual(
        again.map((term) => [term.key, term.negated, term.values[0]?.text]),
        [
          ['text', negated, word],
          ['path', negated, word],
        ],
      );
    }),
  );
});

test('no text makes the parser or a filter throw', () => {
  const pieces = fc.constantFrom(
    '-',
    'path:',
    'status:',
    '"',
    ',',
    '>',
    '*',
    '5xx',
    ' ',
    '/a',
    '\\',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const result = parseFilter(parts.join(''));
      if (result.ok) result.filter.matches(VOTE);
      else assert.ok(result.issues.every((issue) => issue.from <= issue.to));
    }),
  );
});

test('a wildcard finds any text built from its parts', () => {
  const part = fc.string({ maxLength: 5 }).map((text) => text.replaceAll('*', ''));
  fc.assert(
    fc.property(fc.array(fc.tuple(part, part), { minLength: 1, maxLength: 5 }), (pairs) => {
      const pattern = pairs.map(([fixed]) => fixed).join('*');
      const last = pairs.length - 1;
      const text = pairs.map(([fixed, any], at) => (at === last ? fixed : fixed + any)).join('');
      assert.equal(compileWildcard(pattern, { foldCase: false })(text), true);
    }),
  );
});

test('a wildcard pattern does not use the same characters twice', () => {
  assert.equal(compileWildcard('ab*ba', { foldCase: false })('aba'), false);
  assert.equal(compileWildcard('a*b*b', { foldCase: false })('ab'), false);
});

test('a proxy that tells attempts and first bytes answers retry and ttfb; one that does not answers neither', () => {
  const second = { ...VOTE, attempt: 2, ttfbMs: 5.8 };
  assert.equal(parsed('retry:yes ttfb:>5ms').matches(second), true);
  assert.equal(parsed('retry:no').matches(second), false);
  assert.equal(parsed('retry:no').matches({ ...VOTE, attempt: 1 }), true);
  assert.equal(parsed('retry:no').matches(VOTE), false);
  assert.equal(parsed('ttfb:<1s').matches(VOTE), false);
});

test('proxies decide methods, exact or prefix paths, and how an exchange ended', () => {
  const decided = (text: string): boolean => parsed(text).terms.every(isDecidedByProxy);
  assert.equal(decided('method:GET -path:/healthz path:/api/*'), true);
  assert.equal(decided('path:*x'), false);
  assert.equal(decided('path:/api?x=1'), false);
  assert.equal(decided('word'), false);
  const atEnd = (text: string): boolean => parsed(text).terms.every(isDecidedAtEnd);
  const outcome =
    'status:5xx,404 -grpc:OK latency:>1ms ttfb:>1ms size:<1kb failed:yes reset:8 retry:no';
  assert.equal(decided(outcome), true);
  assert.equal(atEnd(outcome), true);
  assert.equal(atEnd('method:GET'), false);
  assert.equal(decided('status:*'), false);
});

test('completion offers keys, then values seen before standing offers', () => {
  const keys = suggestFilter('-pa', 3, []);
  assert.deepEqual(keys[0], {
    insert: 'path:',
    about: FILTER_KEY_SPECS.path.about,
    from: 1,
    to: 3,
  });
  const methods = suggestFilter('method:GET,', 11, [DOUGHNUT]);
  assert.equal(methods[0]?.insert, 'POST');
  assert.equal(methods[0].from, 11);
  assert.equal(methods[0].about, 'seen 1 time');
  assert.deepEqual(suggestFilter('nokey:', 6, []), []);
  assert.equal(suggestFilter('route:', 6, [VOTE])[0]?.insert, '"GET /api/vote"');
});
