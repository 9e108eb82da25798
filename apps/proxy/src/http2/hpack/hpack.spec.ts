import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { ConnectionFault, ErrorCode } from '../error-code.ts';
import { HpackDecoder } from './decoder.ts';
import { HpackEncoder } from './encoder.ts';
import { HeaderField } from './header-field.ts';
import { headerName } from './header-name.ts';
import { huffmanDecode, huffmanEncode } from './huffman.ts';

const limits = { maxListBytes: 1 << 16, maxFields: 1000 };

function decode(decoder: HpackDecoder, hex: string): string[] {
  const block = Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
  return decoder.decode(block, 0, block.length).fields.map((f) => `${f.name.text}: ${f.value}`);
}

function isFault(code: number) {
  return (error: unknown) => error instanceof ConnectionFault && error.code === code;
}

const REQUESTS = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [
    ':method: GET',
    ':scheme: http',
    ':path: /',
    ':authority: www.example.com',
    'cache-control: no-cache',
  ],
  [
    ':method: GET',
    ':scheme: https',
    ':path: /index.html',
    ':authority: www.example.com',
    'custom-key: custom-value',
  ],
];
const RESPONSES = [
  [
    ':status: 302',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 307',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 200',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:22 GMT',
    'location: https://www.example.com',
    'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
];

describe('RFC 7541 appendix C', () => {
  test('C.2 single fields', () => {
    const d = new HpackDecoder(limits);
    assert.deepEqual(
      decode(d, '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572'),
      ['custom-key: custom-header'],
    );
    assert.deepEqual(decode(d, '040c 2f73 616d 706c 652f 7061 7468'), [':path: /sample/path']);
    assert.deepEqual(decode(d, '1008 7061 7373 776f 7264 0673 6563 7265 74'), ['password: secret']);
    assert.deepEqual(decode(d, '82'), [':method: GET']);
  });
  test('C.3 requests without Huffman coding', () => {
    const d = new HpackDecoder(limits);
    const blocks = [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ];
    assert.deepEqual(
      blocks.map((b) => decode(d, b)),
      REQUESTS,
    );
  });
  test('C.4 requests with Huffman coding', () => {
    const d = new HpackDecoder(limits);
    const blocks = [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ];
    assert.deepEqual(
      blocks.map((b) => decode(d, b)),
      REQUESTS,
    );
  });
  // The appendix uses a 256-byte table: the size update (3fe1 01) in front sets it.
  test('C.5 responses without Huffman coding, with eviction', () => {
    const d = new HpackDecoder(limits);
    const blocks = [
      '3fe1 01 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '4803 3330 37c1 c0bf',
      '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31',
    ];
    assert.deepEqual(
      blocks.map((b) => decode(d, b)),
      RESPONSES,
    );
  });
  test('C.6 responses with Huffman coding, with eviction', () => {
    const d = new HpackDecoder(limits);
    const blocks = [
      '3fe1 01 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
      '4883 640e ffc1 c0bf',
      '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
    ];
    assert.deepEqual(
      blocks.map((b) => decode(d, b)),
      RESPONSES,
    );
  });
});

const latin1 = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 200 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));

test('Huffman coding gives back every latin1 string', () => {
  const target = Buffer.alloc(400);
  fc.assert(
    fc.property(latin1, (text) => {
      const packed = huffmanEncode(text);
      const length = huffmanDecode(packed, 0, packed.length, target);
      assert.equal(target.toString('latin1', 0, length), text);
    }),
  );
});

test('Huffman padding that is long, not ones, or EOS is refused', () => {
  const target = Buffer.alloc(100);
  for (const hex of [
    'ff',
    '00',
    'fffffffc',
    'ffffffff',
    '1fff',
    '07',
    'f1e3c2e5f23a6ba0ab90f4ffff',
  ]) {
    const bytes = Buffer.from(hex, 'hex');
    assert.equal(huffmanDecode(bytes, 0, bytes.length, target), hex === '07' ? 1 : -1, hex);
  }
});

const fieldArbitrary = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(':path', 'x-a', 'x-b', 'cookie', 'accept', ':status', 'date'),
      fc.stringMatching(/^[a-z-]{1,30}$/),
    ),
    fc.oneof(fc.constantFrom('', '/', '200', 'one', 'two'), fc.stringMatching(/^[!-~]{0,2000}$/)),
    fc.boolean(),
  )
  .map(([name, value, never]) => new HeaderField(headerName(name), value, true, never));

test('a decoder follows an encoder through any sequence of blocks and table sizes', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.array(fieldArbitrary, { maxLength: 20 }),
          fc.option(fc.integer({ min: 0, max: 5000 })),
        ),
        {
          maxLength: 30,
        },
      ),
      (blocks) => {
        const encoder = new HpackEncoder();
        const decoder = new HpackDecoder({ maxListBytes: 1 << 20, maxFields: 1000 });
        for (const [fields, tableSize] of blocks) {
          if (tableSize !== null) encoder.setMaxTableSize(tableSize);
          for (let again = 0; again < 3; again += 1) {
            const buffer = Buffer.alloc(HpackEncoder.maxBytes(fields));
            const end = encoder.encode(fields, buffer, 0);
            const decoded = decoder.decode(buffer, 0, end);
            assert.deepEqual(
              decoded.fields.map((f) => [f.name.text, f.value]),
              fields.map((f) => [f.name.text, f.value]),
            );
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a field repeated is one byte on the wire', () => {
  const encoder = new HpackEncoder();
  const fields = [new HeaderField(headerName('user-agent'), 'grpc-go/1.60', true, false)];
  const buffer = Buffer.alloc(HpackEncoder.maxBytes(fields));
  const sizes = [0, 1, 2].map(() => encoder.encode(fields, buffer, 0));
  assert.deepEqual(sizes, [15, 14, 1]);
});

test('secrets never enter a table and stay marked', () => {
  const encoder = new HpackEncoder();
  const fields = [new HeaderField(headerName('authorization'), 'Bearer x', true, false)];
  const buffer = Buffer.alloc(HpackEncoder.maxBytes(fields));
  for (let i = 0; i < 3; i += 1) encoder.encode(fields, buffer, 0);
  assert.equal((buffer[0] as number) & 0xf0, 0x10);
  const end = encoder.encode(fields, buffer, 0);
  const decoded = new HpackDecoder(limits).decode(buffer, 0, end);
  assert.equal(decoded.fields[0]?.neverIndexed, true);
});

test('random bytes are decoded or refused as a fault, nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const block = Buffer.from(bytes);
      try {
        new HpackDecoder(limits).decode(block, 0, block.length);
      } catch (error) {
        assert.ok(error instanceof ConnectionFault);
      }
    }),
    { numRuns: 500 },
  );
});

describe('limits', () => {
  test('a list past the limit is cut, and the table stays in step', () => {
    const decoder = new HpackDecoder({ maxListBytes: 100, maxFields: 10 });
    const block = Buffer.from(`4003782d61036162634003782d623c${'61'.repeat(60)}`, 'hex');
    const section = decoder.decode(block, 0, block.length);
    assert.equal(section.isTooLarge, true);
    assert.deepEqual(decode(decoder, 'bf'), ['x-a: abc']);
  });
  test('more fields than allowed are cut', () => {
    const section = new HpackDecoder({ maxListBytes: 1 << 16, maxFields: 3 }).decode(
      Buffer.alloc(5, 0x82),
      0,
      5,
    );
    assert.equal(section.isTooLarge, true);
    assert.equal(section.fields.length, 3);
  });
  test('a reference bomb ends the connection', () => {
    const decoder = new HpackDecoder({ maxListBytes: 16_384, maxFields: 100 });
    const big = Buffer.concat([Buffer.from('4003782d617fa11e', 'hex'), Buffer.alloc(4000, 0x61)]);
    decoder.decode(big, 0, big.length);
    const bomb = Buffer.alloc(16_000, 0xbe);
    assert.throws(() => decoder.decode(bomb, 0, bomb.length), isFault(ErrorCode.enhanceYourCalm));
  });
  for (const [what, hex] of [
    ['index 0', '80'],
    ['an unknown index', 'ff00'],
    ['an endless integer', 'ffffffffffffffff'],
    ['a cut string', '0085'],
    ['a size update behind a field', '8220'],
    ['a table larger than agreed', '3fe23f'],
  ] as const) {
    test(`${what} is a compression error`, () => {
      assert.throws(
        () => decode(new HpackDecoder(limits), hex),
        isFault(ErrorCode.compressionError),
      );
    });
  }
});

test('values with control characters or white space at an end are marked', () => {
  const check = (value: string) => {
    const block = Buffer.concat([
      Buffer.from([0, 1, 0x78, value.length]),
      Buffer.from(value, 'latin1'),
    ]);
    return new HpackDecoder(limits).decode(block, 0, block.length).fields[0]?.isValueValid;
  };
  for (const good of ['', 'a b', 'a\tb', 'ü', '!'])
    assert.equal(check(good), true, JSON.stringify(good));
  for (const bad of [' a', 'a ', '\ta', 'a\r\nb', 'a\0', 'a\x7f', ' '])
    assert.equal(check(bad), false, JSON.stringify(bad));
});
