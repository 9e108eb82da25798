/**
 * From HTTP/1 field lines in a buffer to HTTP/2 fields. What comes again and again is one shared object, found by comparing
 * bytes: no string is made for it, and the HPACK encoder sees at once that it is the same. Shared by the process; bounded.
 */
import { HeaderField } from '../http2/hpack/header-field.ts';
import { headerName, type HeaderName } from '../http2/hpack/header-name.ts';
import { TOKEN, type FieldTable } from '../http1/field-table.ts';

interface NameSlot {
  readonly bytes: Uint8Array;
  readonly name: HeaderName;
}
interface ValueSlot {
  name: HeaderName | null;
  bytes: Uint8Array;
  field: HeaderField | null;
  /**
   * Hash of the value that was missed here last: only a value that comes twice is kept. Of all its bytes: numbers that
   * count up are alike in a sample, and caches that fill with them end in the old generation.
   */
  missed: number;
}

const NAME_SLOTS = 512;
const VALUE_SLOTS = 1024;
/** Longer values are rarely the same twice and dear to keep: 1,024 slots hold 512 kB at most. */
const MAX_KEPT_BYTES = 512;
const NO_BYTES = new Uint8Array(0);

const names: (NameSlot | null)[] = Array.from({ length: NAME_SLOTS }, () => null);
const values: ValueSlot[] = Array.from({ length: VALUE_SLOTS }, () => ({
  name: null,
  bytes: NO_BYTES,
  field: null,
  missed: 0,
}));

/** The field at `index`, its name in lower case. */
export function fieldAt(table: FieldTable, index: number): HeaderField {
  const { buffer } = table;
  const name = nameAt(buffer, table.lineStart(index), table.nameEnd(index));
  return fieldOf(name, buffer, table.valueStart(index), table.valueEnd(index));
}

/** A field with that value; `buffer` must hold only bytes a field value may have. */
export function fieldOf(name: HeaderName, buffer: Buffer, start: number, end: number): HeaderField {
  const sample = sampleOf(buffer, start, end);
  const slot = values[(sample ^ (name.text.length * 67)) & (VALUE_SLOTS - 1)] as ValueSlot;
  if (slot.field !== null && slot.name === name && isSame(slot.bytes, buffer, start, end)) {
    return slot.field;
  }
  const field = new HeaderField(name, buffer.toString('latin1', start, end), true, false);
  if (end - start > MAX_KEPT_BYTES) return field;
  const hash = hashOf(buffer, start, end);
  if (slot.missed === hash) {
    slot.name = name;
    slot.bytes = copyOf(buffer, start, end);
    slot.field = field;
  } else slot.missed = hash;
  return field;
}

function nameAt(buffer: Buffer, start: number, end: number): HeaderName {
  const length = end - start;
  const first = TOKEN[buffer[start]!]!;
  const last = TOKEN[buffer[end - 1]!]!;
  const middle = TOKEN[buffer[start + (length >> 1)]!]!;
  const at = (length + first * 31 + last * 131 + middle * 517) & (NAME_SLOTS - 1);
  const slot = names[at] ?? null;
  if (slot !== null && isSameName(slot.bytes, buffer, start, length)) return slot.name;
  const name = headerName(buffer.toString('latin1', start, end).toLowerCase());
  if (length <= 64)
    names[at] = { bytes: copyOf(Buffer.from(name.text, 'latin1'), 0, length), name };
  return name;
}

/** Of memory of its own: a slice of Node's pool would keep 64 KiB for each value kept. */
function copyOf(buffer: Buffer, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer.subarray(start, end));
}

/** Tells most different values apart by a few bytes. */
function sampleOf(buffer: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return 0;
  const first = buffer[start]!;
  const last = buffer[end - 1]!;
  const middle = buffer[start + (length >> 1)]!;
  const third = buffer[start + ((length * 3) >> 2)]!;
  return (length * 7 + first * 31 + last * 131 + middle * 517 + third * 1031) & 0xffffff;
}

/** FNV-1a. */
function hashOf(buffer: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ buffer[i]!, 0x01000193);
  return hash;
}

function isSame(known: Uint8Array, buffer: Buffer, start: number, end: number): boolean {
  const { length } = known;
  if (length !== end - start) return false;
  for (let i = 0; i < length; i += 1) if (known[i] !== buffer[start + i]) return false;
  return true;
}

function isSameName(lower: Uint8Array, buffer: Buffer, start: number, length: number): boolean {
  if (lower.length !== length) return false;
  for (let i = 0; i < length; i += 1) {
    if (lower[i] !== TOKEN[buffer[start + i]!]) return false;
  }
  return true;
}
