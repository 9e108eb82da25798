import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTextParser } from './parse-text.ts';
import type { ParsedSeries } from './parse-text.ts';

function parse(text: string): {
  samples: [name: string, labels: Record<string, string>, value: number][];
  malformed: number;
} {
  const samples: [string, Record<string, string>, number][] = [];
  const { malformed } = createTextParser().parse(text, (series, value) =>
    samples.push([series.name, { ...series.labels }, value]),
  );
  return { samples, malformed };
}

test('reads names, labels and values, and passes over comments and # EOF', () => {
  const { samples, malformed } = parse(
    '# HELP a help\n# TYPE a counter\na{b="1",c="x y"} 12\nd 0.5\r\n\ne{} 1e3\nf{g="h",} 2\n# EOF\n',
  );
  assert.deepEqual(samples, [
    ['a', { b: '1', c: 'x y' }, 12],
    ['d', {}, 0.5],
    ['e', {}, 1000],
    ['f', { g: 'h' }, 2],
  ]);
  assert.equal(malformed, 0);
});

test('reads escapes, and braces, spaces and commas inside values', () => {
  const { samples } = parse('a{p="a\\"b\\\\c\\nd",q="} 5, {",r="=\\"#"} 7');
  assert.deepEqual(samples, [['a', { p: 'a"b\\c\nd', q: '} 5, {', r: '="#' }, 7]]);
});

test('reads NaN and infinities', () => {
  const { samples } = parse('a NaN\nb +Inf\nc -Inf\n');
  assert.deepEqual(
    samples.map(([, , value]) => value),
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
});

test('passes over timestamps and exemplars', () => {
  const text = 'a{b="1"} 4 1700000000000\nh_bucket{le="1"} 3 # {trace="x"} 0.5 1.2\n';
  const parser = createTextParser();
  for (const round of [1, 2]) {
    const values: number[] = [];
    parser.parse(text, (_, value) => values.push(value));
    assert.deepEqual(values, [4, 3], `round ${round}`);
  }
  assert.equal(parser.size, 2);
});

test('a malformed line is counted and left out, the others are read', () => {
  const bad = [
    'a{b="1" 2',
    'a{b=1} 2',
    '{b="1"} 2',
    '9a 1',
    'a',
    'a{b="1"}',
    'a x',
    'a{b="1"c="2"} 3',
  ];
  const { samples, malformed } = parse(`good 1\n${bad.join('\n')}\ngood 2`);
  assert.equal(malformed, bad.length);
  assert.deepEqual(
    samples.map(([, , value]) => value),
    [1, 2],
  );
});

test('a label named __proto__ changes no prototype', () => {
  const { samples } = parse('a{__proto__="x",b="1"} 1');
  assert.deepEqual(samples, [['a', { b: '1' }, 1]]);
});

test('a series is the same object at every scrape, and forgotten when the target stops naming it', () => {
  const parser = createTextParser();
  const seen: ParsedSeries[] = [];
  parser.parse('a{b="1"} 1\n', (series) => seen.push(series));
  parser.parse('a{b="1"} 2\n', (series) => seen.push(series));
  assert.equal(seen[0], seen[1]);
  const many = Array.from({ length: 2000 }, (_, n) => `m{n="${n}"} 1`).join('\n');
  parser.parse(many, () => undefined);
  assert.equal(parser.size, 2001);
  parser.parse('a{b="1"} 3\n', () => undefined);
  assert.equal(parser.size, 1);
});

test('white space where the value belongs is no number, in a later scrape neither', () => {
  // `Number` takes a tab for 0, and a series once known was read without looking at the line again.
  const parser = createTextParser();
  const values: number[] = [];
  parser.parse('a 2\n', () => {});
  const { malformed } = parser.parse('a \t\n', (_, value) => values.push(value));
  assert.deepEqual([values, malformed], [[], 1]);
});
