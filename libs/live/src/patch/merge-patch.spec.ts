import assert from 'node:assert/strict';
import { assert as assertProperty, jsonValue, property } from 'fast-check';
import { test } from 'node:test';
import { applyPatch, diffValues, mergePatch } from './merge-patch.ts';

function roundTrip(before: unknown, after: unknown): void {
  const change = diffValues(before, after);
  const wire: unknown = JSON.parse(JSON.stringify(change));
  const got = change === null ? before : applyPatch(before, wire as typeof change);
  assert.deepEqual(got, after);
}

test('merges the cases of RFC 7396 appendix A', () => {
  const cases: [target: unknown, patch: unknown, result: unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'foo' }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, result] of cases) assert.deepEqual(mergePatch(target, patch), result);
});

test('equal values give no patch', () => {
  assert.equal(diffValues({ a: [{ b: null }], c: 1 }, { c: 1, a: [{ b: null }] }), null);
  assert.equal(diffValues(null, null), null);
});

test('a member that becomes null, or comes with nulls inside, arrives as null and not as absent', () => {
  roundTrip({ rows: { 'a/b': { golden: { rate: 1 } } } }, { rows: { 'a/b': { golden: null } } });
  roundTrip({ rows: {} }, { rows: { 'a~/b': { golden: null, name: 'x', deep: { also: null } } } });
  roundTrip({ a: 1 }, { a: { b: null } });
  roundTrip({ a: null }, { a: {} });
  roundTrip({ list: [] }, { list: [{ a: null }] });
  roundTrip({ a: { b: 1, c: 2 } }, { a: { c: null } });
  roundTrip({ a: 1 }, {});
  roundTrip({ valueOf: false }, {});
  roundTrip({}, { toString: 1 });
});

test('unchanged parts are shared with the value before', () => {
  const before = { kept: { deep: [1] }, changed: { n: 1 } };
  const change = diffValues(before, { kept: { deep: [1] }, changed: { n: 2 } });
  assert.ok(change);
  assert.deepEqual(change.patch, { changed: { n: 2 } });
  const after = applyPatch(before, change) as typeof before;
  assert.equal(after.kept, before.kept);
  assert.deepEqual(before.changed, { n: 1 });
});

test('any two JSON values round-trip', () => {
  const value = jsonValue({ maxDepth: 4 });
  assertProperty(
    property(value, value, (before, after) => {
      const plain = (json: unknown): unknown => JSON.parse(JSON.stringify(json));
      if (JSON.stringify([before, after]).includes('__proto__')) return;
      roundTrip(plain(before), plain(after));
    }),
    { numRuns: 300 },
  );
});
