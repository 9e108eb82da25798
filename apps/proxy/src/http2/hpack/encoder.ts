/**
 * HPACK encoding. A pair of name and value enters the table when it is sent a second time in a row, so that what changes
 * with every request does not push out what stays. Strings are sent plain: between neighbours in a cluster the time
 * Huffman coding takes is dearer than the bytes it saves.
 */
import type { HeaderField } from './header-field.ts';
import type { HeaderName } from './header-name.ts';
import { STATIC_COUNT } from './static-table.ts';

interface Entry {
  readonly name: HeaderName;
  readonly value: string;
  readonly size: number;
  /** How many entries were added before it. */
  readonly sequence: number;
}

interface NameMemory {
  lastValue: string;
  /** Oldest first. */
  readonly entries: Entry[];
}

const OWN_TABLE_BYTES = 4096;
/** Names whose last value is remembered. */
const MAX_NAMES = 256;
/** Larger fields would push out many small ones. */
const MAX_ENTRY_FRACTION = 4;
const MAX_INTEGER_BYTES = 5;

const INDEXED = 0x80;
const LITERAL_INDEXED = 0x40;
const TABLE_SIZE_UPDATE = 0x20;
const LITERAL_NEVER_INDEXED = 0x10;
const LITERAL = 0x00;

export class HpackEncoder {
  readonly #names = new Map<HeaderName, NameMemory>();
  /** Oldest first; entries before `#oldest` are evicted. */
  #entries: Entry[] = [];
  #oldest = 0;
  #added = 0;
  #size = 0;
  #maxSize = OWN_TABLE_BYTES;
  /** Table size updates owed to the peer: the lowest since the last block, then the current. */
  #lowestSize = -1;
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;

  /** The peer's SETTINGS_HEADER_TABLE_SIZE, when it changes. We never use more than 4,096 bytes. */
  setMaxTableSize(bytes: number): void {
    const size = Math.min(bytes, OWN_TABLE_BYTES);
    if (size === this.#maxSize) return;
    this.#lowestSize = this.#lowestSize === -1 ? size : Math.min(this.#lowestSize, size);
    this.#maxSize = size;
    this.#evictUntil(size);
  }

  /** The most bytes {@link encode} can write for these fields. */
  static maxBytes(fields: readonly HeaderField[]): number {
    let bytes = 2 * MAX_INTEGER_BYTES;
    for (const field of fields) {
      bytes += field.name.text.length + field.value.length + 3 * MAX_INTEGER_BYTES;
    }
    return bytes;
  }

  /**
   * Writes a block into `buffer` from `start`, which must have room for {@link HpackEncoder.maxBytes}.
   * @returns where the block ends.
   */
  encode(fields: readonly HeaderField[], buffer: Buffer, start: number): number {
    this.#buffer = buffer;
    this.#at = start;
    if (this.#lowestSize !== -1) this.#tellSizes();
    for (const field of fields) this.#field(field);
    return this.#at;
  }

  #tellSizes(): void {
    if (this.#lowestSize < this.#maxSize) this.#integer(TABLE_SIZE_UPDATE, 5, this.#lowestSize);
    this.#integer(TABLE_SIZE_UPDATE, 5, this.#maxSize);
    this.#lowestSize = -1;
  }

  #field(field: HeaderField): void {
    const { name, value } = field;
    if (name.staticValues !== null) {
      for (const known of name.staticValues) {
        if (known.value === value) return this.#integer(INDEXED, 7, known.index);
      }
    }
    if (field.neverIndexed || !name.isIndexable) {
      return this.#literal(LITERAL_NEVER_INDEXED, 4, name.staticIndex, name, value);
    }
    const memory = this.#memory(name);
    if (memory === null) return this.#literal(LITERAL, 4, name.staticIndex, name, value);
    for (let i = memory.entries.length - 1; i >= 0; i -= 1) {
      const entry = memory.entries[i] as Entry;
      if (entry.value === value) return this.#integer(INDEXED, 7, this.#indexOf(entry));
    }
    const nameIndex = this.#nameIndex(name, memory);
    const isSecondSight = memory.lastValue === value;
    memory.lastValue = value;
    if (!isSecondSight || field.size > this.#maxSize / MAX_ENTRY_FRACTION) {
      return this.#literal(LITERAL, 4, nameIndex, name, value);
    }
    this.#literal(LITERAL_INDEXED, 6, nameIndex, name, value);
    this.#add(field, memory);
  }

  #memory(name: HeaderName): NameMemory | null {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (this.#names.size >= MAX_NAMES) return null;
    // No value equals this one, as values hold no control characters.
    const memory: NameMemory = { lastValue: '\0', entries: [] };
    this.#names.set(name, memory);
    return memory;
  }

  #nameIndex(name: HeaderName, memory: NameMemory): number {
    if (name.staticIndex !== 0) return name.staticIndex;
    const entry = memory.entries.at(-1);
    return entry === undefined ? 0 : this.#indexOf(entry);
  }

  #indexOf(entry: Entry): number {
    return STATIC_COUNT + this.#added - entry.sequence;
  }

  #add(field: HeaderField, memory: NameMemory): void {
    const { name, value, size } = field;
    this.#evictUntil(this.#maxSize - size);
    const entry: Entry = { name, value, size, sequence: this.#added };
    this.#added += 1;
    this.#size += size;
    this.#entries.push(entry);
    memory.entries.push(entry);
  }

  #evictUntil(wanted: number): void {
    while (this.#size > wanted && this.#oldest < this.#entries.length) {
      const entry = this.#entries[this.#oldest] as Entry;
      this.#oldest += 1;
      this.#size -= entry.size;
      // The oldest entry of the table is the oldest of its name.
      this.#names.get(entry.name)?.entries.shift();
    }
    if (this.#oldest > 64) {
      this.#entries = this.#entries.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  #literal(kind: number, prefixBits: number, nameIndex: number, name: HeaderName, value: string) {
    this.#integer(kind, prefixBits, nameIndex);
    if (nameIndex === 0) this.#string(name.text);
    this.#string(value);
  }

  #integer(firstBits: number, prefixBits: number, value: number): void {
    const mask = (1 << prefixBits) - 1;
    if (value < mask) {
      this.#buffer[this.#at] = firstBits | value;
      this.#at += 1;
      return;
    }
    this.#buffer[this.#at] = firstBits | mask;
    this.#at += 1;
    let rest = value - mask;
    while (rest >= 0x80) {
      this.#buffer[this.#at] = (rest & 0x7f) | 0x80;
      this.#at += 1;
      rest >>>= 7;
    }
    this.#buffer[this.#at] = rest;
    this.#at += 1;
  }

  #string(text: string): void {
    this.#integer(0, 7, text.length);
    if (text.length > 24) {
      this.#at += this.#buffer.write(text, this.#at, 'latin1');
      return;
    }
    // A call into the engine costs more than a short loop.
    const buffer = this.#buffer;
    let at = this.#at;
    for (let i = 0; i < text.length; i += 1) {
      buffer[at] = text.charCodeAt(i);
      at += 1;
    }
    this.#at = at;
  }
}
