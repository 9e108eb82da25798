/** Any split of any byte stream gives the same result. */
import { strict as assert } from 'node:assert';
import { describe, it } from 'node:test';
import {
  array,
  assert as holds,
  constantFrom,
  integer,
  property,
  record,
  stringMatching,
  uint8Array,
} from 'fast-check';
import { ChunkedScanner } from './chunked-scanner.ts';
import { FAULTY, INCOMPLETE } from './field-table.ts';
import { Http1RequestHead } from './request-head.ts';
import { Http1ResponseHead } from './response-head.ts';

const LIMIT = 16_384;

/** Scans the pieces one after another; gives how many bytes belonged to the body, or the fault. */
function scanChunked(bytes: Buffer, cuts: readonly number[], limit = LIMIT): string {
  const scanner = new ChunkedScanner(limit, 100);
  const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  let consumed = 0;
  for (let i = 1; i < edges.length && !scanner.done; i += 1) {
    const piece = bytes.subarray(edges[i - 1], edges[i]);
    const end = scanner.scan(piece, 0, piece.length);
    if (end === FAULTY) return scanner.fault.reason;
    consumed += end;
  }
  return scanner.done ? `${consumed} ${JSON.stringify(scanner.trailers)}` : 'more';
}

const chunk = record({
  data: uint8Array({ minLength: 1, maxLength: 40 }),
  extension: constantFrom('', ';a', ';a=b', '; a="b;c"'),
});
const trailer = stringMatching(/^[A-Za-z-]{1,8}: [ -~]{0,12}$/);

function encode(
  chunks: readonly { data: Uint8Array; extension: string }[],
  trailers: readonly string[],
): Buffer {
  const parts = chunks.flatMap(({ data, extension }) => [
    Buffer.from(`${data.length.toString(16)}${extension}\r\n`),
    data,
    Buffer.from('\r\n'),
  ]);
  const lines = trailers.map((line) => `X-${line}\r\n`).join('');
  return Buffer.concat([...parts, Buffer.from(`0\r\n${lines}\r\n`)]);
}

describe('chunked bodies', () => {
  it('end at the same byte however they are cut', () => {
    holds(
      property(
        array(chunk, { maxLength: 5 }),
        array(trailer, { maxLength: 2 }),
        array(integer({ min: 0, max: 400 }), { maxLength: 6 }),
        (chunks, trailers, cuts) => {
          const body = encode(chunks, trailers);
          const bytes = Buffer.concat([body, Buffer.from('GET / HTTP/1.1\r\n')]);
          const inside = cuts.map((cut) => cut % bytes.length);
          const expected = scanChunked(bytes, []);
          assert.equal(expected.split(' ')[0], String(body.length));
          assert.equal(scanChunked(bytes, inside), expected);
        },
      ),
    );
  });

  it('are judged alike however they are cut, malformed ones too', () => {
    const alphabet = constantFrom('0', '3', 'a', 'G', ';', '\r', '\n', '\r\n', ' ', 'X: y', '\0');
    holds(
      property(
        array(alphabet, { maxLength: 20 }),
        array(integer({ min: 0, max: 40 }), { maxLength: 4 }),
        (parts, cuts) => {
          const bytes = Buffer.from(parts.join(''), 'latin1');
          const inside = cuts.map((cut) => Math.min(cut, bytes.length));
          assert.equal(scanChunked(bytes, inside), scanChunked(bytes, []));
        },
      ),
    );
  });
});

describe('trailers over the limit', () => {
  it('are told as such however they are cut, malformed ones too', () => {
    // Which fault was told depended on where the read ended: the limit was looked at after the fields.
    for (const line of [`X: ${'a'.repeat(400)}\r\n\r\n`, `X: ${'a'.repeat(400)}\r\n\0`]) {
      const bytes = Buffer.from(`0\r\n${line}`, 'latin1');
      for (const cuts of [[], [2], [200], [280], [bytes.length - 1]]) {
        assert.equal(scanChunked(bytes, cuts, 256), 'head too large', `cut at ${cuts.join()}`);
      }
    }
  });
});

describe('heads', () => {
  const bytes = uint8Array({ maxLength: 200 });
  const text = stringMatching(/^[ -~\r\n\t]{0,120}$/);

  it('never end before their empty line, whatever the bytes', () => {
    const prefix = constantFrom('GET / HTTP/1.1\r\nHost: h\r\n', 'POST http://a HTTP/1.0\r\n', '');
    holds(
      property(prefix, text, bytes, (start, middle, rest) => {
        const buffer = Buffer.concat([Buffer.from(start + middle, 'latin1'), rest]);
        const head = new Http1RequestHead(LIMIT, 100);
        const end = head.scan(buffer, 0, buffer.length);
        if (end === INCOMPLETE || end === FAULTY) return;
        assert.equal(buffer.toString('latin1', end - 4, end), '\r\n\r\n');
        // A shorter buffer must not have been taken for whole.
        assert.equal(new Http1RequestHead(LIMIT, 100).scan(buffer, 0, end - 1), INCOMPLETE);
      }),
    );
  });

  it('wait for the rest of an empty line before them', () => {
    // Cut between its CR and its LF, it was taken for a malformed request line.
    const buffer = Buffer.from('\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n');
    for (let length = 1; length < buffer.length; length += 1) {
      const head = new Http1RequestHead(LIMIT, 100);
      assert.equal(head.scan(buffer, 0, length), INCOMPLETE, `${length} bytes`);
    }
    assert.equal(new Http1RequestHead(LIMIT, 100).scan(buffer, 0, buffer.length), buffer.length);
  });

  it('of responses neither', () => {
    holds(
      property(text, bytes, (middle, rest) => {
        const line = 'HTTP/1.1 200 OK\r\n';
        const buffer = Buffer.concat([Buffer.from(line + middle, 'latin1'), rest]);
        const end = new Http1ResponseHead(LIMIT, 100).scan(buffer, 0, buffer.length);
        if (end === INCOMPLETE || end === FAULTY) return;
        assert.equal(buffer.toString('latin1', end - 4, end), '\r\n\r\n');
      }),
    );
  });

  it('know absolute targets, default ports and literal addresses', () => {
    for (const [line, host, path] of [
      ['GET http://h/a?b HTTP/1.1', 'h', '/a?b'],
      ['GET http://h:80 HTTP/1.1', 'H', '/'],
      ['GET https://h:443?q HTTP/1.1', 'h', '/?q'],
      ['OPTIONS * HTTP/1.1', 'h', '*'],
      ['CONNECT [::1]:443 HTTP/1.1', '[::1]:443', '[::1]:443'],
    ] as const) {
      const head = new Http1RequestHead(LIMIT, 100);
      const buffer = Buffer.from(`${line}\r\nHost: ${host}\r\n\r\n`);
      assert.equal(head.scan(buffer, 0, buffer.length), buffer.length, line);
      assert.equal(head.path, path);
    }
  });
});
