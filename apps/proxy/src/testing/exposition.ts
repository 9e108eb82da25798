import assert from 'node:assert/strict';

const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$/;

/**
 * Checks a metrics page the way `promtool check metrics` does: each line reads, each family is typed once and before its
 * samples, no label set twice, histograms cumulative with a +Inf bucket equal to their count. Gives sample → value.
 */
export function checkExposition(page: string): ReadonlyMap<string, number> {
  assert.ok(page.endsWith('\n# EOF\n'), 'ends with # EOF');
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  let previousBucket = { series: '', value: 0 };
  for (const line of page.split('\n')) {
    if (line === '' || line === '# EOF' || line.startsWith('# HELP ')) continue;
    const typed = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (typed !== null) {
      assert.ok(!types.has(typed[1] as string), `${typed[1]} is typed twice`);
      types.set(typed[1] as string, typed[2] as string);
      continue;
    }
    const match = SAMPLE.exec(line);
    assert.ok(match !== null, `cannot be read: ${line}`);
    const [, name = '', labels = '', text = ''] = match;
    const key = labels === '' ? name : `${name}{${labels}}`;
    assert.ok(!samples.has(key), `twice: ${key}`);
    assert.ok(!labels.includes(',,') && !labels.endsWith(','), `stray comma: ${line}`);
    samples.set(key, Number(text));
    const family = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '');
    assert.ok(types.has(family), `${name} has no type before it`);
    if (!name.endsWith('_bucket')) continue;
    const series = key.replace(/,?le="[^"]*"/, '');
    if (previousBucket.series === series) {
      assert.ok(Number(text) >= previousBucket.value, `not cumulative: ${line}`);
    }
    previousBucket = { series, value: Number(text) };
  }
  for (const [key, value] of samples) {
    if (!key.includes('_count')) continue;
    const [name, labels = ''] = key.split('{');
    const base = name?.replace(/_count$/, '') ?? '';
    if (types.get(base) !== 'histogram') continue;
    const rest = labels.replace(/\}$/, '');
    const infinite = `${base}_bucket{${rest === '' ? '' : `${rest},`}le="+Inf"}`;
    assert.equal(samples.get(infinite), value, `${key} differs from its +Inf bucket`);
  }
  return samples;
}

/** Samples of one name whose labels contain all of `labels` (`a="b"`), as one sum. */
export function sum(
  samples: ReadonlyMap<string, number>,
  name: string,
  ...labels: readonly string[]
): number {
  let total = 0;
  for (const [key, value] of samples) {
    const isNamed = key === name || key.startsWith(`${name}{`);
    if (isNamed && labels.every((label) => key.includes(label))) total += value;
  }
  return total;
}
