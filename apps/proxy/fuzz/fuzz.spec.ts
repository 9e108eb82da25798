import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { formatInput, loadCorpus, parseInput } from './engine/corpus.ts';
import { cutsOf, pieces } from './engine/fuzz-target.ts';
import type { FuzzTarget } from './engine/fuzz-target.ts';
import { fuzzInWorker } from './engine/fuzz-in-worker.ts';
import { runTarget } from './engine/run-target.ts';
import type { FuzzResult } from './engine/run-target.ts';
import { TARGETS } from './targets/index.ts';

/** The same inputs each time: a test must not find something new on somebody else's change. */
const SEED = 1;
const RUNS = 2000;

function fuzz(target: FuzzTarget, maxRuns: number, corpus: readonly Buffer[]): Promise<FuzzResult> {
  return runTarget(target, {
    corpus,
    seed: SEED,
    maxRuns,
    isDue: () => false,
    began: () => {},
  });
}

describe('no input breaks', () => {
  for (const target of TARGETS) {
    it(target.name, async () => {
      const corpus = loadCorpus(target.name);
      assert.ok(corpus.length > 0, 'has a corpus');
      const { finding } = await fuzz(target, corpus.length + RUNS, corpus);
      if (finding !== null) assert.fail(`${finding.error.message}: ${formatInput(finding.input)}`);
    });
  }
});

/** Breaks for whatever holds `key`, which the search must find by what it reaches. */
const LOCKED: FuzzTarget = {
  name: 'locked',
  words: ['key'],
  seeds: [Buffer.from('door')],
  check(input) {
    assert.ok(!input.includes('key'), 'it is open');
  },
};

test('what breaks is found and made as small as it can be', async () => {
  const { finding } = await fuzz(LOCKED, 100_000, []);
  assert.equal(finding?.input.toString(), 'key');
  assert.match(String(finding?.error), /it is open/);
});

test('the same seed gives the same inputs', async () => {
  const inputs = async (): Promise<string[]> => {
    const seen: string[] = [];
    const target: FuzzTarget = {
      ...LOCKED,
      words: [],
      check: (input) => void seen.push(input.toString('hex')),
    };
    await fuzz(target, 500, []);
    return seen;
  };
  assert.deepEqual(await inputs(), await inputs());
});

test('a target is fuzzed in a thread for as long as was asked', async () => {
  const { runs, finding, reached } = await fuzzInWorker('huffman', SEED, 200);
  assert.ok(runs > 10 && reached > 100);
  assert.equal(finding, null);
});

test('an input is the same after it was written and read', () => {
  const input = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const line = formatInput(input);
  assert.match(line, /^[ -~]+$/);
  assert.deepEqual(parseInput(line), input);
});

test('pieces are the whole', () => {
  const input = Buffer.from('0123456789');
  assert.deepEqual(Buffer.concat(pieces(input, cutsOf(input, 7))), input);
});
