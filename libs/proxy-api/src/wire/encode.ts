/** Plain objects of the shape that protobuf-es takes them in, as protobuf. */
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import type { WireMessage, WireScalar, WireType } from './wire-message.ts';

const FIRST_BYTES = 256;
const MAX_VARINT_BYTES = 10;

type Bag = Readonly<Record<string, unknown>>;

/** Fields without presence that hold zero are left out. A buffer of its own. */
export function encode<D extends DescMessage>(
  type: WireMessage<D>,
  message: MessageInitShape<D>,
): Buffer {
  const writer = new Writer();
  writer.message(type, message);
  return writer.done();
}

class Writer {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #at = 0;

  done(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  message(type: WireType, bag: Bag): void {
    for (const { no, name, type: kind, cardinality, oneof } of type.fields) {
      if (cardinality === 'oneof') {
        const chosen = bag[oneof] as
          { readonly case?: string; readonly value?: unknown } | undefined;
        if (chosen?.case === name) this.#field(no, kind, chosen.value);
        continue;
      }
      const value = bag[name];
      if (value === undefined) continue;
      if (cardinality === 'many') this.#many(no, kind, value as readonly unknown[]);
      else if (cardinality === 'map') this.#map(no, kind, value as Bag);
      else if (cardinality === 'maybe' || typeof kind !== 'string' || !isZero(value)) {
        this.#field(no, kind, value);
      }
    }
  }

  #many(no: number, type: WireScalar | WireType, list: readonly unknown[]): void {
    if (typeof type !== 'string' || type === 'string' || type === 'bytes') {
      for (const value of list) this.#field(no, type, value);
    } else if (list.length > 0) {
      this.#sized(no, () => {
        for (const value of list) this.#scalar(type, value);
      });
    }
  }

  #map(no: number, type: WireScalar | WireType, map: Bag): void {
    for (const [key, value] of Object.entries(map)) {
      this.#sized(no, () => {
        this.#field(1, 'string', key);
        this.#field(2, type, value);
      });
    }
  }

  #field(no: number, type: WireScalar | WireType, value: unknown): void {
    if (typeof type !== 'string') {
      this.#sized(no, () => this.message(type, value as Bag));
      return;
    }
    this.#varint((no << 3) | WIRE_TYPES[type]);
    this.#scalar(type, value);
  }

  /** What `write` writes, with its length in front. */
  #sized(no: number, write: () => void): void {
    this.#varint((no << 3) | 2);
    this.#reserve(1);
    this.#at += 1;
    const from = this.#at;
    write();
    const length = this.#at - from;
    const more = varintBytes(length) - 1;
    // So that writing the length finds room: growing keeps only what stands before it.
    this.#reserve(more + MAX_VARINT_BYTES);
    if (more > 0) this.#bytes.copyWithin(from + more, from, this.#at);
    this.#at = from - 1;
    this.#varint(length);
    this.#at += length;
  }

  #scalar(type: WireScalar, value: unknown): void {
    switch (type) {
      case 'string': {
        const text = value as string;
        const length = Buffer.byteLength(text);
        this.#varint(length);
        this.#reserve(length);
        this.#at += this.#bytes.write(text, this.#at);
        return;
      }
      case 'bytes': {
        const bytes = value as Uint8Array;
        this.#varint(bytes.length);
        this.#reserve(bytes.length);
        this.#bytes.set(bytes, this.#at);
        this.#at += bytes.length;
        return;
      }
      case 'bool':
        return this.#varint(value === true ? 1 : 0);
      case 'uint32':
        return this.#varint((value as number) >>> 0);
      case 'int32': {
        const number = value as number;
        return number < 0 ? this.#bigVarint(BigInt(number)) : this.#varint(number);
      }
      case 'uint64':
      case 'int64':
        return this.#bigVarint(BigInt(value as bigint | number | string));
      default:
        return this.#fixed(type, value);
    }
  }

  #fixed(type: 'fixed32' | 'fixed64' | 'float' | 'double', value: unknown): void {
    this.#reserve(8);
    switch (type) {
      case 'fixed32':
        this.#at = this.#bytes.writeUInt32LE((value as number) >>> 0, this.#at);
        return;
      case 'fixed64': {
        const number = BigInt(value as bigint | number | string);
        this.#at = this.#bytes.writeBigUInt64LE(number, this.#at);
        return;
      }
      case 'float':
        this.#at = this.#bytes.writeFloatLE(value as number, this.#at);
        return;
      case 'double':
        this.#at = this.#bytes.writeDoubleLE(value as number, this.#at);
    }
  }

  #bigVarint(number: bigint): void {
    if (number >= 0n && number <= 0xffff_ffffn) return this.#varint(Number(number));
    let rest = BigInt.asUintN(64, number);
    this.#reserve(MAX_VARINT_BYTES);
    while (rest > 0x7fn) {
      this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#at++] = Number(rest);
  }

  #varint(number: number): void {
    let rest = number;
    this.#reserve(MAX_VARINT_BYTES);
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  /** Makes room for so many bytes more. The buffer may be another one then. */
  #reserve(count: number): void {
    const wanted = this.#at + count;
    if (wanted <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}

const WIRE_TYPES: Readonly<Record<WireScalar, number>> = {
  string: 2,
  bytes: 2,
  bool: 0,
  uint32: 0,
  int32: 0,
  uint64: 0,
  int64: 0,
  fixed32: 5,
  fixed64: 1,
  float: 5,
  double: 1,
};

function varintBytes(number: number): number {
  let bytes = 1;
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) bytes += 1;
  return bytes;
}

/** What proto3 leaves out of fields without presence. */
function isZero(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  // -0 is another double than 0.
  return value === '' || value === false || value === 0n || Object.is(value, 0);
}
