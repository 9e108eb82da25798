/** HPACK decoding, RFC 7541, bounded: what a block unpacks to is limited as well as what it holds. */
import { ConnectionFault, ErrorCode } from '../error-code.ts';
import { DynamicTable } from './dynamic-table.ts';
import { HeaderField } from './header-field.ts';
import { headerName, type HeaderName } from './header-name.ts';
import { knownName, rememberName } from './wire-names.ts';
import { MAX_HUFFMAN_GROWTH, huffmanDecode } from './huffman.ts';
import { STATIC_COUNT, staticTable } from './static-table.ts';

export interface DecodeLimits {
  /** By RFC 7541 section 4.1, as SETTINGS_MAX_HEADER_LIST_SIZE counts. */
  readonly maxListBytes: number;
  readonly maxFields: number;
}

/** A field section as decoded. */
export interface FieldSection {
  readonly fields: readonly HeaderField[];
  /** Past the limits: `fields` holds what came before. The connection's table is in step nonetheless. */
  readonly isTooLarge: boolean;
}

/** Past this many times `maxListBytes` it is no mistake but a bomb: the connection ends. */
const BOMB_FACTOR = 8;
const TABLE_BYTES = 4096;

const ACCEPTABLE = 0;
const EDGE_SPACE_OR_CONTROL = 1;

/** Strings are unpacked here; grown to the largest string seen, which the frame limits bound. */
let scratch = Buffer.allocUnsafeSlow(4096);

export class HpackDecoder {
  readonly #table = new DynamicTable(TABLE_BYTES);
  readonly #limits: DecodeLimits;
  #block: Buffer = scratch;
  #at = 0;
  #end = 0;
  /** Of the string read last. */
  #valueCheck = ACCEPTABLE;

  constructor(limits: DecodeLimits) {
    this.#limits = limits;
  }

  /** @throws ConnectionFault COMPRESSION_ERROR, or ENHANCE_YOUR_CALM for a block that unpacks beyond reason. */
  decode(block: Buffer, start: number, end: number): FieldSection {
    this.#block = block;
    this.#at = start;
    this.#end = end;
    const { maxListBytes, maxFields } = this.#limits;
    const fields: HeaderField[] = [];
    let bytes = 0;
    let isTooLarge = false;
    while (this.#at < end) {
      const field = this.#next(bytes === 0);
      if (field === null) continue;
      bytes += field.size;
      if (bytes > maxListBytes || fields.length >= maxFields) {
        isTooLarge = true;
        if (bytes > maxListBytes * BOMB_FACTOR) throw bomb();
      } else fields.push(field);
    }
    return { fields, isTooLarge };
  }

  /** One representation; null for a table size update. */
  #next(isFirst: boolean): HeaderField | null {
    const byte = this.#block[this.#at] as number;
    if (byte >= 0x80) return this.#lookUp(this.#integer(7));
    if (byte >= 0x40) {
      const field = this.#literal(6, false);
      this.#table.add(field);
      return field;
    }
    if (byte >= 0x20) {
      this.#resize(isFirst);
      return null;
    }
    return this.#literal(4, byte >= 0x10);
  }

  #resize(isFirst: boolean): void {
    const size = this.#integer(5);
    if (!isFirst) throw broken('a table size update stands behind a field');
    if (size > TABLE_BYTES)
      throw broken(`a table of ${size} bytes is beyond the ${TABLE_BYTES} agreed`);
    this.#table.resize(size);
  }

  #lookUp(index: number): HeaderField {
    const field =
      index <= STATIC_COUNT ? staticTable[index - 1] : this.#table.at(index - STATIC_COUNT - 1);
    if (field === undefined) throw broken(`index ${index} is in no table`);
    return field;
  }

  #literal(prefixBits: number, neverIndexed: boolean): HeaderField {
    const index = this.#integer(prefixBits);
    const name: HeaderName = index === 0 ? this.#name() : this.#lookUp(index).name;
    const value = this.#string();
    return new HeaderField(name, value, this.#valueCheck === ACCEPTABLE, neverIndexed);
  }

  /** A name sent as text; one seen before is known by its bytes on the wire. */
  #name(): HeaderName {
    const start = this.#at;
    const known = knownName(this.#block, start, this.#end);
    if (known !== null) {
      this.#at += known.wire.length;
      return known.name;
    }
    const name = headerName(this.#string());
    rememberName(this.#block, start, this.#at, name);
    return name;
  }

  /** RFC 7541 section 5.1, up to 2^28. */
  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = (this.#block[this.#at] as number) & mask;
    this.#at += 1;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#at >= this.#end) throw broken('an integer is cut off');
      const byte = this.#block[this.#at] as number;
      this.#at += 1;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw broken('an integer is too long');
  }

  #string(): string {
    if (this.#at >= this.#end) throw broken('a string is cut off');
    const isHuffman = (this.#block[this.#at] as number) >= 0x80;
    const length = this.#integer(7);
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) throw broken('a string is cut off');
    this.#at = end;
    if (!isHuffman) return this.#text(this.#block, start, end);
    const room = Math.ceil(length * MAX_HUFFMAN_GROWTH);
    if (room > scratch.length) scratch = Buffer.allocUnsafeSlow(room);
    const written = huffmanDecode(this.#block, start, end, scratch);
    if (written === -1) throw broken('a Huffman string is damaged');
    return this.#text(scratch, 0, written);
  }

  #text(source: Buffer, start: number, end: number): string {
    this.#valueCheck = checkValue(source, start, end);
    return source.toString('latin1', start, end);
  }
}

function checkValue(source: Buffer, start: number, end: number): number {
  if (start === end) return ACCEPTABLE;
  if (isSpace(source[start] as number) || isSpace(source[end - 1] as number)) {
    return EDGE_SPACE_OR_CONTROL;
  }
  for (let i = start; i < end; i += 1) {
    const byte = source[i] as number;
    if ((byte < 0x20 && byte !== 0x09) || byte === 0x7f) return EDGE_SPACE_OR_CONTROL;
  }
  return ACCEPTABLE;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

function broken(reason: string): ConnectionFault {
  return new ConnectionFault(ErrorCode.compressionError, `HPACK: ${reason}`);
}

function bomb(): ConnectionFault {
  return new ConnectionFault(ErrorCode.enhanceYourCalm, 'HPACK: the block unpacks beyond reason');
}
