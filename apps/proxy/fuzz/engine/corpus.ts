/** Inputs that reach different code, kept in the tree: one a line, as a JSON string whose characters are bytes. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../corpus/${name}.txt`, import.meta.url));
}

/** One input as it is written in a corpus. */
export function formatInput(input: Buffer): string {
  // Control characters and those past ASCII stand escaped, so that the file stays text.
  return JSON.stringify(input.toString('latin1')).replaceAll(
    /[\u007f-\u00ff]/g,
    (char) => `\\u00${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** @throws SyntaxError for what is no JSON string. */
export function parseInput(line: string): Buffer {
  return Buffer.from(String(JSON.parse(line)), 'latin1');
}

/** Nothing when there is no corpus of that name yet. */
export function loadCorpus(name: string): Buffer[] {
  const path = pathOf(name);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map(parseInput);
}

/** Replaces the corpus, shortest inputs first. */
export function saveCorpus(name: string, inputs: readonly Buffer[]): void {
  const lines = inputs.map(formatInput).toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
  writeFileSync(pathOf(name), `${lines.join('\n')}\n`);
}
