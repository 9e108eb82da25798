/** Looks for inputs that break a target: changes inputs that reached new code, again and again. */
import { Coverage } from './coverage.ts';
import type { Finding, FuzzTarget } from './fuzz-target.ts';
import { minimize } from './minimize.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';

/** Reading the counters costs milliseconds: inputs are tried in batches, and told apart only when a batch reached new code. */
const BATCH = 250;
const MINIMIZE_MS = 2000;

export interface FuzzOptions {
  readonly corpus: readonly Buffer[];
  readonly seed: number;
  /** Ends after so many inputs, and when `isDue` says so. */
  readonly maxRuns: number;
  isDue(): boolean;
  /** Called before each input. */
  began(input: Buffer): void;
}

export interface FuzzResult {
  readonly runs: number;
  /** What the corpus should be: all inputs that reached code no shorter one before them did. */
  readonly corpus: readonly Buffer[];
  /** Characters of source reached. */
  readonly reached: number;
  readonly finding: Finding | null;
}

/** Runs the corpus, then changes of it, until the first finding or the end. */
export async function runTarget(target: FuzzTarget, options: FuzzOptions): Promise<FuzzResult> {
  const coverage = new Coverage();
  coverage.start();
  const random = new Random(options.seed);
  const words = target.words.map((word) => Buffer.from(word, 'latin1'));
  const corpus: Buffer[] = [];
  let runs = 0;

  async function tried(input: Buffer): Promise<Finding | null> {
    runs += 1;
    options.began(input);
    return failureOf(target, input);
  }

  /** Tries them; those that reach new code join the corpus. Halves that reach none are not looked into. */
  async function keepNew(inputs: readonly Buffer[]): Promise<Finding | null> {
    for (const input of inputs) {
      const finding = await tried(input);
      if (finding !== null) return finding;
    }
    const [only] = inputs;
    if (only === undefined) return null;
    if (inputs.length === 1) {
      if (coverage.takeNew(true)) corpus.push(only);
      return null;
    }
    if (!coverage.takeNew(false)) return null;
    const half = inputs.length >>> 1;
    return (await keepNew(inputs.slice(0, half))) ?? keepNew(inputs.slice(half));
  }

  async function search(): Promise<Finding | null> {
    const given = [...target.seeds, ...options.corpus].toSorted((a, b) => a.length - b.length);
    const found = await keepNew(given);
    if (found !== null) return found;
    if (corpus.length === 0) corpus.push(Buffer.alloc(0));
    while (runs < options.maxRuns && !options.isDue()) {
      const made = Array.from({ length: BATCH }, () =>
        mutate(random.of(corpus), corpus, words, random),
      );
      const finding = await keepNew(made);
      if (finding !== null) return finding;
    }
    return null;
  }

  try {
    const finding = await search();
    const smallest =
      finding === null
        ? null
        : await minimize(finding, (input) => failureOf(target, input), MINIMIZE_MS);
    return { runs, corpus, reached: coverage.size, finding: smallest };
  } finally {
    coverage.stop();
  }
}

/** What an input breaks, or null. */
export async function failureOf(target: FuzzTarget, input: Buffer): Promise<Finding | null> {
  try {
    const pending = target.check(input);
    if (pending !== undefined) await pending;
    return null;
  } catch (error) {
    return { input, error: error instanceof Error ? error : new Error(String(error)) };
  }
}
