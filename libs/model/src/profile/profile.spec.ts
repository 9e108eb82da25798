import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  compilePathRegex,
  compileRequestMatch,
  diffLines,
  formatGoDuration,
  matchRoute,
  parseGoDuration,
  pathPatternToRegex,
  profileToYaml,
  regexToPathPattern,
  type ServiceProfileSpec,
  validateServiceProfile,
} from './index.ts';

const ROUTE = { name: 'GET /api/vote', condition: { method: 'GET', pathRegex: '/api/vote' } };

test('durations are read as Go reads them', () => {
  const cases: readonly (readonly [string, number | null])[] = [
    ['250ms', 250],
    ['1s', 1000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['0', 0],
    ['+2s', 2000],
    ['-2s', -2000],
    ['.5s', 500],
    ['1.s', 1000],
    ['100us', 0.1],
    ['100µs', 0.1],
    ['', null],
    ['5', null],
    ['s', null],
    ['1 s', null],
    ['1s2', null],
    ['1e3ms', null],
    ['9999999h', null],
  ];
  for (const [text, ms] of cases) assert.equal(parseGoDuration(text), ms, text);
});

test('durations are printed as Go prints them and read back', () => {
  assert.equal(formatGoDuration(250), '250ms');
  assert.equal(formatGoDuration(1500), '1.5s');
  assert.equal(formatGoDuration(90_000), '1m30s');
  assert.equal(formatGoDuration(3_600_000), '1h0m0s');
  assert.equal(formatGoDuration(0), '0s');
  assert.equal(formatGoDuration(0.25), '250µs');
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), (us) => {
      const ms = us / 1000;
      const again = parseGoDuration(formatGoDuration(ms)) ?? Number.NaN;
      assert.ok(Math.abs(again - ms) < 1e-6, `${ms} came back as ${again}`);
    }),
  );
});

test('a path pattern must span the whole path', () => {
  const matches = (regex: string, path: string): boolean => {
    const compiled = compilePathRegex(regex);
    assert.ok(compiled.ok, regex);
    return compiled.test(path);
  };
  assert.equal(matches('/api/vote', '/api/vote'), true);
  assert.equal(matches('/api/vote', '/api/vote/1'), false);
  assert.equal(matches('/api/vote', '/x/api/vote'), false);
  assert.equal(matches('^/api/vote$', '/api/vote'), true);
  assert.equal(matches('/a|/b', '/a'), true);
  assert.equal(matches('/a|/b', '/ab'), false);
  assert.equal(matches('/dist/[^/]*', '/dist/app.js'), true);
  assert.equal(matches('/dist/[^/]*', '/dist/a/b'), false);
  assert.equal(matches('(?i)/API', '/api'), true);
  assert.equal(matches('(?P<x>/a){2,3}', '/a/a/a'), true);
  assert.equal(matches('(?P<x>/a){2,3}', '/a'), false);
  assert.equal(matches('', ''), true);
});

test('a pattern that would stop a backtracking engine answers at once', () => {
  const compiled = compilePathRegex('/(a+)+(a|aa)*(.*)*x');
  assert.ok(compiled.ok);
  assert.equal(compiled.test(`/${'a'.repeat(100_000)}`), false);
  assert.equal(compiled.test(`/${'a'.repeat(100_000)}x`), true);
});

test('patterns are matched as the platform matches them where both know the syntax', () => {
  const atom = fc.constantFrom('a', 'b', '/', '.', '[ab]', '[^a]', '(a|b)', '(?:ab)', '\\d', '\\.');
  const quantifier = fc.constantFrom('', '', '*', '+', '?', '{2}', '{0,2}', '{1,}');
  const pattern = fc
    .array(fc.tuple(atom, quantifier), { maxLength: 5 })
    .map((parts) => parts.map(([a, q]) => a + q).join(''));
  const text = fc.array(fc.constantFrom('a', 'b', '/', '.', '1'), { maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (regex, letters) => {
      const compiled = compilePathRegex(regex);
      assert.ok(compiled.ok);
      const path = letters.join('');
      const expected = new RegExp(`^(?:${regex})$`).test(path);
      assert.equal(compiled.test(path), expected, `${regex} on ${path}`);
    }),
    { numRuns: 500 },
  );
});

test('a broken pattern says what is wrong and where', () => {
  const cases: readonly (readonly [string, RegExp, number])[] = [
    ['/api/vote(', /the group opened at 10 is not closed/, 9],
    ['/a)', /closes no group/, 2],
    ['/[a', /\[ at 2 is not closed/, 1],
    ['/[z-a]', /z-a is not a range/, 2],
    ['*', /nothing before \*/, 0],
    ['a**', /cannot be repeated/, 2],
    ['a{3,1}', /asks for more/, 1],
    ['a{2000}', /at most 1000/, 1],
    ['(?=x)', /look-ahead/, 0],
    ['(a)\\1', /back-references/, 3],
    ['a\\', /needs something/, 1],
    ['\\q', /not known/, 0],
    ['((a{1000}){1000}){1000}', /too many states/, 0],
    ['x'.repeat(1001), /at most 1000 characters/, 1000],
  ];
  for (const [regex, message, at] of cases) {
    const compiled = compilePathRegex(regex);
    assert.ok(!compiled.ok, regex);
    assert.match(compiled.fault.message, message, regex);
    assert.equal(compiled.fault.at, at, regex);
  }
});

test('a path with names in braces becomes a regex and back', () => {
  assert.equal(pathPatternToRegex('/dist/{file}'), '/dist/[^/]*');
  assert.equal(pathPatternToRegex('/favicon.ico'), '/favicon\\.ico');
  assert.equal(pathPatternToRegex('/api/(a|b)/{id}'), '/api/(a|b)/[^/]*');
  assert.equal(regexToPathPattern('/dist/[^/]*'), '/dist/{id}');
  assert.equal(regexToPathPattern('/a/[^/]*/b/[^/]*'), '/a/{id1}/b/{id2}');
  assert.equal(regexToPathPattern('/favicon\\.ico'), '/favicon.ico');
  assert.equal(regexToPathPattern('/a/.*'), '/a/.*');
});

test('a plain path matches itself and survives the way there and back', () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9._~%@:-]{1,8}$/);
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
      const path = `/${segments.join('/')}`;
      const regex = pathPatternToRegex(path);
      const compiled = compilePathRegex(regex);
      assert.ok(compiled.ok && compiled.test(path));
      assert.equal(regexToPathPattern(regex), path);
    }),
  );
});

test('a profile as Linkerd writes it is accepted', () => {
  const spec: ServiceProfileSpec = {
    routes: [
      {
        name: 'GET /api/books/{id}',
        condition: { all: [{ method: 'GET' }, { not: { pathRegex: '/admin/.*' } }] },
        responseClasses: [
          { condition: { status: { min: 500, max: 599 } }, isFailure: true },
          { condition: { any: [{ status: { min: 404 } }] }, isFailure: false },
        ],
        isRetryable: true,
        timeout: '250ms',
      },
    ],
    retryBudget: { retryRatio: 0.2, minRetriesPerSecond: 10, ttl: '10s' },
  };
  assert.deepEqual(validateServiceProfile(spec), []);
  assert.deepEqual(validateServiceProfile({ routes: [] }), []);
});

test('each fault is said at the field it is in', () => {
  const withRoute = (fields: object): unknown => ({ routes: [{ ...ROUTE, ...fields }] });
  const cases: readonly (readonly [unknown, string, RegExp])[] = [
    [null, '', /null/],
    [[], '', /object/],
    [{}, 'routes', /missing/],
    [{ routes: {} }, 'routes', /list/],
    [{ routes: [null] }, 'routes[0]', /null/],
    [{ routes: [], color: 1 }, 'color', /not known/],
    [withRoute({ name: '' }), 'routes[0].name', /needs a name/],
    [withRoute({ condition: undefined }), 'routes[0].condition', /which requests/],
    [withRoute({ condition: {} }), 'routes[0].condition', /a method, a path/],
    [withRoute({ condition: { all: [] } }), 'routes[0].condition.all', /empty/],
    [withRoute({ condition: { all: [null] } }), 'routes[0].condition.all[0]', /null/],
    [withRoute({ condition: { method: 'G T' } }), 'routes[0].condition.method', /one word/],
    [
      withRoute({ condition: { pathRegex: '/api/vote(' } }),
      'routes[0].condition.pathRegex',
      /Not a regular expression: the group opened at 10 is not closed/,
    ],
    [withRoute({ timeout: '5' }), 'routes[0].timeout', /Not a duration/],
    [withRoute({ timeout: '-5s' }), 'routes[0].timeout', /negative/],
    [withRoute({ isRetryable: 'yes' }), 'routes[0].isRetryable', /true or false/],
    [withRoute({ responseClasses: [{}] }), 'routes[0].responseClasses[0].condition', /answers/],
    [
      withRoute({ responseClasses: [{ condition: { status: { min: 99 } } }] }),
      'routes[0].responseClasses[0].condition.status.min',
      /100 to 599/,
    ],
    [
      withRoute({ responseClasses: [{ condition: { status: { min: 500, max: 400 } } }] }),
      'routes[0].responseClasses[0].condition.status.max',
      /below min/,
    ],
    [{ routes: [ROUTE, ROUTE] }, 'routes[1].name', /Route 1 has this name/],
    [
      { routes: [], retryBudget: { retryRatio: -1, minRetriesPerSecond: 1, ttl: '10s' } },
      'retryBudget.retryRatio',
      /0 or more/,
    ],
    [
      { routes: [], retryBudget: { retryRatio: 1, minRetriesPerSecond: 1, ttl: '10' } },
      'retryBudget.ttl',
      /duration/,
    ],
    [
      { routes: [], retryBudget: { retryRatio: 1, minRetriesPerSecond: 1, ttl: '2m' } },
      'retryBudget.ttl',
      /1s to 60s/,
    ],
  ];
  for (const [spec, path, message] of cases) {
    const issues = validateServiceProfile(spec);
    assert.equal(issues.length, 1, `${JSON.stringify(spec)}: ${JSON.stringify(issues)}`);
    assert.equal(issues[0]?.path, path);
    assert.match(issues[0].message, message);
  }
});

test('validation never throws and always ends, whatever it is given', () => {
  fc.assert(fc.property(fc.anything(), (value) => Array.isArray(validateServiceProfile(value))));
  let deep: object = { method: 'GET' };
  for (let depth = 0; depth < 10_000; depth += 1) deep = { not: deep };
  const issues = validateServiceProfile({ routes: [{ name: 'x', condition: deep }] });
  assert.match(issues[0]?.message ?? '', /at most 16 deep/);
});

test('the first route whose condition holds is taken', () => {
  const spec: ServiceProfileSpec = {
    routes: [
      ROUTE,
      { name: 'any book', condition: { pathRegex: '/books/[^/]*' } },
      { name: 'rest', condition: { all: [{ method: 'GET' }, { not: { pathRegex: '/admin' } }] } },
    ],
  };
  assert.equal(matchRoute(spec, 'GET', '/api/vote')?.name, 'GET /api/vote');
  assert.equal(matchRoute(spec, 'POST', '/api/vote'), null);
  assert.equal(matchRoute(spec, 'PUT', '/books/1')?.name, 'any book');
  assert.equal(matchRoute(spec, 'GET', '/x')?.name, 'rest');
  assert.equal(matchRoute(spec, 'GET', '/admin'), null);
  assert.equal(compileRequestMatch({})('GET', '/'), false);
});

test('a profile reads as YAML with fields in one order', () => {
  const spec: ServiceProfileSpec = {
    routes: [
      {
        timeout: '250ms',
        condition: { pathRegex: '/api/.*', method: 'GET' },
        name: 'GET /api/{id}',
        isRetryable: true,
      },
    ],
  };
  assert.equal(
    profileToYaml({ namespace: 'emojivoto', service: 'web-svc' }, spec),
    `apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata:
  name: web-svc.emojivoto.svc.cluster.local
  namespace: emojivoto
spec:
  routes:
  - name: "GET /api/{id}"
    condition:
      method: GET
      pathRegex: /api/.*
    isRetryable: true
    timeout: 250ms
`,
  );
});

test('a comparison keeps what is common and gives both texts back', () => {
  assert.deepEqual(diffLines(['a', 'b', 'c'], ['a', 'x', 'c']), [
    { kind: 'same', text: 'a' },
    { kind: 'removed', text: 'b' },
    { kind: 'added', text: 'x' },
    { kind: 'same', text: 'c' },
  ]);
  const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 });
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = diffLines(before, after);
      const without = (kind: string): readonly string[] =>
        diff.filter((line) => line.kind !== kind).map((line) => line.text);
      assert.deepEqual(without('added'), before);
      assert.deepEqual(without('removed'), after);
    }),
  );
});
