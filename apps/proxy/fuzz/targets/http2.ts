import assert from 'node:assert/strict';
import { ConnectionFault } from '../../src/http2/error-code.ts';
import { PREFACE } from '../../src/http2/frame.ts';
import { FrameReader } from '../../src/http2/frame-reader.ts';
import { HpackDecoder } from '../../src/http2/hpack/decoder.ts';
import type { FieldSection } from '../../src/http2/hpack/decoder.ts';
import { HpackEncoder } from '../../src/http2/hpack/encoder.ts';
import type { HeaderField } from '../../src/http2/hpack/header-field.ts';
import { MAX_HUFFMAN_GROWTH, huffmanDecode, huffmanEncode } from '../../src/http2/hpack/huffman.ts';
import { GET_BLOCK, POST_BLOCK, frame, uint32 } from '../../src/testing/raw-http2.ts';
import { bytesOf, cutsOf, pieces } from '../engine/fuzz-target.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';

/** What the parts give: each frame as text, the last line a fault's message where there is one. */
function framesOf(parts: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const reader = new FrameReader({
    frame: (type, flags, streamId, buffer, start, end) => {
      seen.push(`${type} ${flags} ${streamId} ${buffer.toString('hex', start, end)}`);
    },
  });
  try {
    for (const part of parts) reader.read(part);
  } catch (error) {
    if (!(error instanceof ConnectionFault)) throw error;
    seen.push(error.message);
  }
  return seen;
}

/** Frames: the same, or the same fault, however the bytes are cut. */
export const http2Frames: FuzzTarget = {
  name: 'http2-frames',
  words: ['\0\0\u0004', '\0@\0', '\u00ff\u00ff\u00ff', '\0\0\0\0\0\0\0\0\0'],
  seeds: [
    Buffer.concat([frame(4, 0, 0), frame(1, 5, 1, GET_BLOCK), frame(6, 0, 0, Buffer.alloc(8))]),
    Buffer.concat([frame(1, 4, 1, POST_BLOCK), frame(0, 1, 1, bytesOf('body'))]),
    Buffer.concat([frame(8, 0, 0, uint32(100)), frame(3, 0, 1, uint32(8))]),
    bytesOf(String(PREFACE)),
  ],
  check(input) {
    const whole = framesOf([input]);
    assert.deepEqual(framesOf(pieces(input, cutsOf(input, 3))), whole);
    assert.deepEqual(framesOf(pieces(input, cutsOf(input, 20))), whole);
  },
};

const LIMITS = { maxListBytes: 2048, maxFields: 40 };

function pairOf({ name, value }: HeaderField): string {
  return `${name.text}: ${value}`;
}

function textOf({ fields, isTooLarge }: FieldSection): string {
  const pairs = fields.map(({ name, value, neverIndexed }) => [name.text, value, neverIndexed]);
  return JSON.stringify([pairs, isTooLarge]);
}

/** Blocks of one connection: bounded, the same a second time, and the same again after our own encoder. */
export const hpack: FuzzTarget = {
  name: 'hpack',
  words: [
    '\u0082',
    '\u00be',
    '\u0040',
    '\u003f\u00e1\u001f',
    '\u0020',
    '\u007f\u0080\u0001',
    '\u000f',
  ],
  seeds: [
    GET_BLOCK,
    POST_BLOCK,
    Buffer.concat([bytesOf('\u0040\u0003foo\u0003bar\u00be\u00be')]),
    Buffer.concat([bytesOf('\u0040\u0083'), huffmanEncode('abc'), bytesOf('\u0001x')]),
  ],
  check(input) {
    const decoder = new HpackDecoder(LIMITS);
    const second = new HpackDecoder(LIMITS);
    const reader = new HpackDecoder({ maxListBytes: 1_000_000, maxFields: 10_000 });
    const encoder = new HpackEncoder();
    for (const block of pieces(input, cutsOf(input, 2))) {
      let section: FieldSection;
      try {
        section = decoder.decode(block, 0, block.length);
      } catch (error) {
        assert.ok(error instanceof ConnectionFault, String(error));
        return;
      }
      const copy = Buffer.concat([bytesOf('xx'), block, bytesOf('yy')]);
      const again = second.decode(copy, 2, copy.length - 2);
      assert.equal(textOf(again), textOf(section));
      let size = 0;
      for (const field of section.fields) size += field.size;
      assert.ok(size <= LIMITS.maxListBytes && section.fields.length <= LIMITS.maxFields);
      const bytes = Buffer.alloc(HpackEncoder.maxBytes(section.fields));
      const written = encoder.encode(section.fields, bytes, 0);
      const read = reader.decode(bytes, 0, written);
      assert.deepEqual(read.fields.map(pairOf), section.fields.map(pairOf));
      // What no table may hold stays so; the encoder adds names of its own to those.
      for (const [i, field] of section.fields.entries()) {
        if (field.neverIndexed) assert.ok(read.fields[i]?.neverIndexed);
      }
    }
  },
};

/** Huffman strings: what is read, written again, is the same bytes: there is one spelling. */
export const huffman: FuzzTarget = {
  name: 'huffman',
  words: ['\u00ff', '\u00ff\u00ff\u00ff\u00fc'],
  seeds: ['www.example.com', 'no-cache', '\0\u00ff{}|~', ''].map(huffmanEncode),
  check(input) {
    const target = Buffer.alloc(Math.ceil(input.length * MAX_HUFFMAN_GROWTH));
    const length = huffmanDecode(input, 0, input.length, target);
    if (length === -1) return;
    assert.deepEqual(huffmanEncode(target.toString('latin1', 0, length)), input);
  },
};
