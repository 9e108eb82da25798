import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  create,
  fromBinary,
  ScalarType,
  toBinary,
  type DescField,
  type DescMessage,
} from '@bufbuild/protobuf';
import { wireModules } from '../../scripts/generate-wire.ts';
import * as api from '../index.ts';
import { GetDestinationSchema, UpdateSchema } from '../gen/destination_pb.ts';
import { decode, destinationWire, encode, WireError } from './index.ts';
import type { WireMessage } from './wire-message.ts';

const GEN = resolve(import.meta.dirname, 'gen');

test('the committed tables are what the descriptions generate', async () => {
  const modules = wireModules();
  assert.deepEqual((await readdir(GEN)).sort(), [...modules.keys()].sort());
  for (const [name, text] of modules) {
    const committed = await readFile(resolve(GEN, name), 'utf8');
    assert.ok(committed === text, `${name} is stale: run npm run generate`);
  }
});

/** Every message that has a table, with its description. */
async function everyMessage(): Promise<[WireMessage<DescMessage>, DescMessage][]> {
  const descriptions = new Map<string, DescMessage>();
  for (const namespace of [api, ...Object.values(api)]) {
    if (typeof namespace !== 'object') continue;
    for (const each of Object.values(namespace as Record<string, unknown>)) {
      if (isDescription(each)) descriptions.set(each.typeName, each);
    }
  }
  const pairs: [WireMessage<DescMessage>, DescMessage][] = [];
  for (const name of await readdir(GEN)) {
    const tables = (await import(resolve(GEN, name))) as Record<string, WireMessage<DescMessage>>;
    for (const wire of Object.values(tables)) {
      const description = descriptions.get(wire.typeName);
      if (description !== undefined) pairs.push([wire, description]);
    }
  }
  return pairs;
}

function isDescription(value: unknown): value is DescMessage {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'message';
}

/** Any value of a message, nested so deep. */
function anyMessage(desc: DescMessage, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const members = desc.members.map((member): [string, fc.Arbitrary<unknown>] => {
    if (member.kind === 'field') return [member.localName, optionally(anyField(member, depth))];
    const cases = member.fields.map((field) =>
      anyField(field, depth).map((value) =>
        value === undefined ? { case: undefined } : { case: field.localName, value },
      ),
    );
    return [member.localName, fc.oneof(fc.constant({ case: undefined }), ...cases)];
  });
  return fc.record(Object.fromEntries(members)).map((bag) =>
    // Absent, not undefined.
    Object.fromEntries(Object.entries(bag).filter(([, value]) => value !== undefined)),
  );
}

function optionally(arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.option(arbitrary, { nil: undefined });
}

function anyField(field: DescField, depth: number): fc.Arbitrary<unknown> {
  switch (field.fieldKind) {
    case 'scalar':
      return anyScalar(field.scalar);
    case 'enum':
      return fc.integer({ min: 0, max: 5 });
    case 'message':
      return depth === 0 ? fc.constant(undefined) : anyMessage(field.message, depth - 1);
    case 'list': {
      if (field.listKind === 'message') {
        return depth === 0
          ? fc.constant([])
          : fc.array(anyMessage(field.message, depth - 1), { maxLength: 3 });
      }
      const scalar = field.listKind === 'enum' ? ScalarType.INT32 : field.scalar;
      return fc.array(anyScalar(scalar), { maxLength: 4 });
    }
    case 'map':
      return fc.dictionary(
        fc.string({ unit: 'grapheme' }),
        anyScalar(field.scalar ?? ScalarType.STRING),
        { maxKeys: 4, noNullPrototype: true },
      );
  }
}

function anyScalar(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return fc.string({ unit: 'grapheme', maxLength: 200 });
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 200 });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.INT32:
      return fc.integer();
    case ScalarType.INT64:
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case ScalarType.FLOAT:
      return fc.float({ noNaN: true });
    case ScalarType.DOUBLE:
      return fc.double({ noNaN: true });
    default:
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
  }
}

test('every message means the same here and in protobuf-es, both ways', async () => {
  const messages = await everyMessage();
  assert.ok(messages.length > 100, String(messages.length));
  for (const [wire, desc] of messages) {
    fc.assert(
      fc.property(anyMessage(desc, 3), (init) => {
        const theirs = create(desc, init);
        const bytes = toBinary(desc, theirs);
        assert.deepEqual(decode(wire, bytes), fromBinary(desc, bytes));
        assert.deepEqual(
          fromBinary(desc, new Uint8Array(encode(wire, theirs))),
          fromBinary(desc, bytes),
        );
      }),
      { numRuns: 15 },
    );
  }
});

test('fields nobody knows are stepped over, whatever they hold', () => {
  // Number 15: a number, 4 bytes, 8 bytes, 2 bytes with a length.
  const unknown = Buffer.from('78ff017d010203047901020304050607087a020909', 'hex');
  const known = toBinary(GetDestinationSchema, create(GetDestinationSchema, { path: 'web:80' }));
  const message = decode(destinationWire.GetDestination, Buffer.concat([unknown, known, unknown]));
  assert.deepEqual(message, create(GetDestinationSchema, { path: 'web:80' }));
});

test('a known number with another wire type is stepped over as well', () => {
  assert.equal(decode(destinationWire.GetDestination, Buffer.from([0x10, 5])).path, '');
});

test('a message in two parts is one', () => {
  const parts = ['a', 'b'].map((key) =>
    toBinary(
      UpdateSchema,
      create(UpdateSchema, {
        update: { case: 'add', value: { metricLabels: { [key]: 'x' }, addrs: [{ weight: 1 }] } },
      }),
    ),
  );
  const joined = Buffer.concat(parts);
  assert.deepEqual(decode(destinationWire.Update, joined), fromBinary(UpdateSchema, joined));
});

test('what is cut off, too long or no proto3 is refused', () => {
  for (const bytes of [
    [0x12],
    [0x12, 5, 1],
    [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
    [0x10, 0x80],
    [0x0b],
    [0x10, ...Array.from({ length: 11 }, () => 0xff)],
    [0x7d, 1, 2],
  ]) {
    assert.throws(
      () => decode(destinationWire.GetDestination, Buffer.from(bytes)),
      WireError,
      String(bytes),
    );
  }
});

test('nesting without end is refused', () => {
  // RequestMatch.not of a RequestMatch.not of …
  let bytes = Buffer.alloc(0);
  for (let i = 0; i < 200; i += 1) {
    const length =
      bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
    bytes = Buffer.concat([Buffer.from([0x1a, ...length]), bytes]);
  }
  assert.throws(() => decode(destinationWire.RequestMatch, bytes), /deep/);
});

test('any bytes give a message or a WireError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        decode(destinationWire.Update, bytes);
      } catch (error) {
        assert.ok(error instanceof WireError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test('a map may have a key that objects are touchy about', () => {
  const key = '__proto__';
  const bytes = Buffer.concat([
    Buffer.from([0x12, key.length + 5, 0x0a, key.length]),
    Buffer.from(key),
    Buffer.from([0x12, 1, 0x78]),
  ]);
  const { metricLabels } = decode(destinationWire.WeightedAddrSet, bytes);
  assert.deepEqual(Object.entries(metricLabels), [[key, 'x']]);
});
