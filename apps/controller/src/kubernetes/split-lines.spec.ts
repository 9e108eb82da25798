import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitLines } from './split-lines.ts';

async function* pieces(...texts: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

test('lines come whole however they were cut, characters of several bytes too', async () => {
  const euro = Buffer.from('a€b');
  const lines: string[] = [];
  await splitLines(
    pieces('one\ntw', 'o\n\nthree', '\n', euro.subarray(0, 2), euro.subarray(2), '\nno newline'),
    (line) => lines.push(line),
  );
  assert.deepEqual(lines, ['one', 'two', 'three', 'a€b']);
});

test('a line without end is refused, not kept', async () => {
  const chunk = 'x'.repeat(1024 * 1024);
  await assert.rejects(
    splitLines(pieces(...Array.from({ length: 17 }, () => chunk)), () => undefined),
    /longer than 16 MiB/,
  );
});
