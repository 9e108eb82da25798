/**
 * `npm run fuzz [-- --target a,b] [--seconds N] [--seed N] [--keep] [--input FILE]`: looks for inputs that break a parser.
 * `--seconds` for each target (10); `--keep` writes the inputs that reach new code into the corpus; `--input` checks the one
 * input in a file. An input that breaks something is made small and written to `fuzz/found/`; the run then ends with 1.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatInput, parseInput, saveCorpus } from './engine/corpus.ts';
import { fuzzInWorker } from './engine/fuzz-in-worker.ts';
import { failureOf } from './engine/run-target.ts';
import { TARGETS } from './targets/index.ts';

const FOUND = fileURLToPath(new URL('found/', import.meta.url));
const words = process.argv.slice(2);

/** The value of `--name=value` or `--name value`. */
function option(name: string): string | undefined {
  const at = words.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const word = words[at];
  return word?.includes('=') === true ? word.slice(word.indexOf('=') + 1) : words[at + 1];
}

function usage(message: string): never {
  console.error(message);
  process.exit(64);
}

function numberOption(name: string, fallback: number): number {
  const value = words.some((word) => word.startsWith(`--${name}`))
    ? Number(option(name))
    : fallback;
  return Number.isInteger(value) && value >= 0 ? value : usage(`--${name} takes a whole number.`);
}

function wantedTargets(): typeof TARGETS {
  if (!words.some((word) => word.startsWith('--target'))) return TARGETS;
  const names = (option('target') ?? '').split(',');
  const known = TARGETS.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) usage(`--target takes some of ${known.join(', ')}.`);
  return TARGETS.filter(({ name }) => names.includes(name));
}

async function checkOne(file: string): Promise<boolean> {
  const input = parseInput(readFileSync(file, 'utf8'));
  let holds = true;
  for (const target of wantedTargets()) {
    const finding = await failureOf(target, input);
    if (finding === null) continue;
    holds = false;
    console.log(`${target.name}: ${finding.error.stack ?? finding.error.message}`);
  }
  return holds;
}

async function fuzzAll(): Promise<boolean> {
  const seconds = numberOption('seconds', 10);
  const seed = numberOption('seed', Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  let holds = true;
  for (const { name } of wantedTargets()) {
    const result = await fuzzInWorker(name, seed, seconds * 1000);
    const { runs, reached, corpus, finding } = result;
    console.log(`${name}: ${runs} inputs, ${reached} characters of source reached`);
    if (words.includes('--keep') && corpus.length > 0) saveCorpus(name, corpus);
    if (finding === null) continue;
    holds = false;
    mkdirSync(FOUND, { recursive: true });
    const file = `${FOUND}${name}-${seed}.txt`;
    writeFileSync(file, `${formatInput(finding.input)}\n`);
    console.log(`${name} BREAKS: ${finding.message}\n  ${formatInput(finding.input)}\n  ${file}`);
  }
  return holds;
}

const file = option('input');
const holds =
  words.some((word) => word.startsWith('--input')) && file !== undefined
    ? await checkOne(file)
    : await fuzzAll();
process.exit(holds ? 0 : 1);
