/** Protobuf to plain objects of the shape that protobuf-es gives them. */
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { FieldTable, WireMessage, WireScalar, WireType } from './wire-message.ts';

/** Nested deeper than this a message is refused: it is read recursively. */
const MAX_DEPTH = 100;
const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** The bytes are no such message. */
export class WireError extends Error {}

type Bag = Record<string, unknown>;
interface Oneof {
  case: string | undefined;
  value?: unknown;
}

/** @throws WireError. Unknown fields are left out. */
export function decode<D extends DescMessage>(
  type: WireMessage<D>,
  bytes: Uint8Array,
): MessageShape<D> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const message = emptyOf(type);
  new Reader(buffer).message(type, message, buffer.length, 0);
  return message as MessageShape<D>;
}

function emptyOf(type: WireType): Bag {
  const bag: Bag = { $typeName: type.typeName };
  for (const { name, type: kind, cardinality, oneof } of type.fields) {
    if (cardinality === 'oneof') bag[oneof] = { case: undefined };
    else if (cardinality === 'many') bag[name] = [];
    else if (cardinality === 'map') bag[name] = {};
    else if (cardinality === 'one' && typeof kind === 'string') bag[name] = zeroOf(kind);
  }
  return bag;
}

function zeroOf(type: WireScalar): unknown {
  switch (type) {
    case 'string':
      return '';
    case 'bytes':
      return new Uint8Array(0);
    case 'bool':
      return false;
    case 'uint64':
    case 'int64':
    case 'fixed64':
      return 0n;
    default:
      return 0;
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Reads up to `end` into `bag`. */
  message(type: WireType, bag: Bag, end: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new WireError(`nested more than ${MAX_DEPTH} deep`);
    while (this.#at < end) {
      const tag = this.#number();
      const field = type.fieldOf(tag >>> 3);
      const wireType = tag & 7;
      if (field === undefined) this.#skip(wireType, end);
      else this.#field(field, wireType, bag, end, depth);
    }
    if (this.#at !== end) throw cutOff();
  }

  #field(field: FieldTable, wireType: number, bag: Bag, end: number, depth: number): void {
    const { name, type, cardinality, oneof } = field;
    if (cardinality === 'many' && wireType === LENGTH && isPackable(type)) {
      return this.#packed(type, bag[name] as unknown[], end);
    }
    if (wireType !== wireTypeOf(type, cardinality)) return this.#skip(wireType, end);
    if (cardinality === 'map') return this.#entry(type, bag[name] as Bag, end, depth);
    if (cardinality === 'oneof') {
      const before = bag[oneof] as Oneof;
      const known = before.case === name ? before.value : undefined;
      bag[oneof] = { case: name, value: this.#value(type, known, end, depth) };
    } else if (cardinality === 'many') {
      (bag[name] as unknown[]).push(this.#value(type, undefined, end, depth));
    } else bag[name] = this.#value(type, bag[name], end, depth);
  }

  #packed(type: WireScalar, list: unknown[], end: number): void {
    const until = this.#lengthWithin(end);
    while (this.#at < until) list.push(this.#scalar(type, until));
    if (this.#at !== until) throw cutOff();
  }

  /** An entry of a map is a message of key and value. */
  #entry(type: WireScalar | WireType, map: Bag, end: number, depth: number): void {
    const until = this.#lengthWithin(end);
    let key = '';
    let value: unknown = typeof type === 'string' ? zeroOf(type) : emptyOf(type);
    while (this.#at < until) {
      const tag = this.#number();
      if (tag === ((1 << 3) | LENGTH)) key = this.#scalar('string', until) as string;
      else if (tag === ((2 << 3) | wireTypeOf(type, 'one'))) {
        value = this.#value(type, value, until, depth);
      } else this.#skip(tag & 7, until);
    }
    if (this.#at !== until) throw cutOff();
    // Not an assignment: a key may be `__proto__`.
    Object.defineProperty(map, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }

  /** @param before of a message that comes in parts: they are merged. */
  #value(type: WireScalar | WireType, before: unknown, end: number, depth: number): unknown {
    if (typeof type === 'string') return this.#scalar(type, end);
    const until = this.#lengthWithin(end);
    const bag = (before as Bag | undefined) ?? emptyOf(type);
    this.message(type, bag, until, depth + 1);
    return bag;
  }

  #scalar(type: WireScalar, end: number): unknown {
    switch (type) {
      case 'string': {
        const from = this.#chunk(end);
        return this.#bytes.toString('utf8', from, this.#at);
      }
      case 'bytes': {
        const from = this.#chunk(end);
        // A copy: what is kept of a message must not keep the whole message.
        return new Uint8Array(this.#bytes.subarray(from, this.#at));
      }
      case 'bool':
        return this.#bigint() !== 0n;
      case 'uint32':
        return this.#number();
      case 'int32':
        return this.#number() | 0;
      case 'uint64':
        return BigInt.asUintN(64, this.#bigint());
      case 'int64':
        return BigInt.asIntN(64, this.#bigint());
      case 'fixed32':
        return this.#bytes.readUInt32LE(this.#take(4, end));
      case 'fixed64':
        return this.#bytes.readBigUInt64LE(this.#take(8, end));
      case 'float':
        return this.#bytes.readFloatLE(this.#take(4, end));
      case 'double':
        return this.#bytes.readDoubleLE(this.#take(8, end));
    }
  }

  #skip(wireType: number, end: number): void {
    switch (wireType) {
      case VARINT:
        this.#bigint();
        return;
      case FIXED64:
        this.#take(8, end);
        return;
      case LENGTH:
        this.#chunk(end);
        return;
      case FIXED32:
        this.#take(4, end);
        return;
      default:
        throw new WireError(`wire type ${wireType} is none of proto3`);
    }
  }

  /** Steps over so many bytes and gives where they begin. */
  #take(count: number, end: number): number {
    const from = this.#at;
    if (from + count > end) throw cutOff();
    this.#at = from + count;
    return from;
  }

  #chunk(end: number): number {
    return this.#take(this.#number(), end);
  }

  #lengthWithin(end: number): number {
    const length = this.#number();
    if (this.#at + length > end) throw cutOff();
    return this.#at + length;
  }

  /** A varint's low 32 bits. */
  #number(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw cutOff();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new WireError('a number is too long');
  }

  #bigint(): bigint {
    let low = 0;
    let value = 0n;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw cutOff();
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else value |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) return value | BigInt(low);
    }
    throw new WireError('a number is too long');
  }
}

function isPackable(type: WireScalar | WireType): type is WireScalar {
  return typeof type === 'string' && type !== 'string' && type !== 'bytes';
}

function wireTypeOf(type: WireScalar | WireType, cardinality: string): number {
  if (cardinality === 'map' || typeof type !== 'string') return LENGTH;
  switch (type) {
    case 'string':
    case 'bytes':
      return LENGTH;
    case 'fixed32':
    case 'float':
      return FIXED32;
    case 'fixed64':
    case 'double':
      return FIXED64;
    default:
      return VARINT;
  }
}

function cutOff(): WireError {
  return new WireError('a message is cut off');
}
