import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerName } from '../http2/hpack/header-name.ts';
import type { HeaderField } from '../http2/hpack/header-field.ts';
import { fieldOf } from './field-cache.ts';

const NAME = headerName('x-request-id');

function field(value: string): HeaderField {
  const bytes = Buffer.from(value, 'latin1');
  return fieldOf(NAME, bytes, 0, bytes.length);
}

test('a value that comes again is one shared field', () => {
  const first = field('always-the-same');
  const second = field('always-the-same');
  assert.equal(field('always-the-same'), second);
  assert.deepEqual(
    [first.value, second.value, second.name],
    ['always-the-same', first.value, NAME],
  );
});

test('values that only look alike are not kept', () => {
  // Root cause of a full collection every 0.4 s under load: a slot kept what had the same few bytes as the value missed
  // before, which numbers that count up have all the time, and what was kept went to the old generation.
  field('req-1a0000b0000c00009');
  const once = field('req-1a0770b0000c00009');
  assert.notEqual(field('req-1a0770b0000c00009'), once);
  assert.equal(once.value, 'req-1a0770b0000c00009');
});
