import assert from 'node:assert/strict';
import { ChunkedScanner } from '../../src/http1/chunked-scanner.ts';
import { FAULTY } from '../../src/http1/field-table.ts';
import { bytesOf, cutsOf, pieces } from '../engine/fuzz-target.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { HTTP_WORDS } from './http1-words.ts';

interface Scanned {
  /** A fault's reason, `more`, or `done`. */
  readonly verdict: string;
  readonly bytes: number;
  readonly data: string;
  readonly trailers: readonly (readonly [string, string])[];
}

function scan(parts: readonly Buffer[]): Scanned {
  const scanner = new ChunkedScanner(256, 8);
  scanner.ranges = [];
  let bytes = 0;
  let data = '';
  for (const part of parts) {
    if (scanner.done) break;
    const end = scanner.scan(part, 0, part.length);
    if (end === FAULTY) {
      return { verdict: scanner.fault.reason, bytes: 0, data: '', trailers: [] };
    }
    const { ranges } = scanner;
    for (let i = 0; i < ranges.length; i += 2) {
      data += part.toString('latin1', ranges[i], ranges[i + 1]);
    }
    ranges.length = 0;
    bytes += end;
  }
  const { trailers } = scanner;
  return { verdict: scanner.done ? 'done' : 'more', bytes, data, trailers };
}

/** A chunked body: the same end, data and trailers, or the same fault, however it is cut. */
export const chunkedBody: FuzzTarget = {
  name: 'chunked-body',
  words: HTTP_WORDS,
  seeds: [
    bytesOf('3\r\nabc\r\n0\r\n\r\n'),
    bytesOf('a;x="y"\r\n0123456789\r\n1\r\nx\r\n0\r\nT: v\r\n\r\nGET / HTTP/1.1\r\n'),
    bytesOf('0\r\nContent-Length: 3\r\n\r\n'),
  ],
  check(input) {
    const whole = scan([input]);
    assert.deepEqual(scan(pieces(input, cutsOf(input, 3))), whole);
    assert.deepEqual(scan(pieces(input, cutsOf(input, 12))), whole);
  },
};
