import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Http2Stream } from './stream.ts';
import { StreamTable } from './stream-table.ts';
import type { Http2Connection } from './connection.ts';

const connection = Object.freeze({}) as unknown as Http2Connection;
const streamOf = (id: number): Http2Stream => new Http2Stream(connection, id, 65_535, true);

function filled(ids: readonly number[]): { table: StreamTable; streams: Http2Stream[] } {
  const table = new StreamTable();
  const streams = ids.map(streamOf);
  for (const stream of streams) table.add(stream);
  return { table, streams };
}

test('streams are found by id, whether or not they share a slot, also after the table grew', () => {
  const ids = Array.from({ length: 300 }, (_, i) => i * 32 + 1);
  const { table, streams } = filled(ids);
  assert.equal(table.size, 300);
  for (const stream of streams) assert.equal(table.get(stream.id), stream);
  assert.equal(table.get(3), undefined);
});

test('a removed stream is gone, its neighbours of the same slot stay, and it keeps none of them', () => {
  const { table, streams } = filled([1, 33, 65]);
  const [first, middle, last] = streams as [Http2Stream, Http2Stream, Http2Stream];
  assert.equal(table.remove(middle), true);
  assert.equal(table.remove(middle), false);
  // Root cause of a leak: dead streams that referred to living ones kept half of all requests in memory.
  assert.equal(middle.nextInTable, null);
  assert.deepEqual(
    [table.get(1), table.get(33), table.get(65), table.size],
    [first, undefined, last, 2],
  );
});

test('a visit goes by age and leaves out what it removes', () => {
  const { table, streams } = filled([7, 3, 35, 1]);
  const seen: number[] = [];
  table.forEach((stream) => {
    seen.push(stream.id);
    if (stream.id === 3) table.remove(streams[0] as Http2Stream);
  });
  assert.deepEqual(seen, [1, 3, 35]);
});
