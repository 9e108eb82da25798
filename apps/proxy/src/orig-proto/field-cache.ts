/**
 * From HTTP/1 field lines in a buffer to HTTP/2 fields. What comes again and again is one shared object, found by comparing
 * bytes: no string is made for it, and the HPACK encoder sees at once that it is the same. Shared by the process; bounded.
 */
import { HeaderField } from '../http2/hpack/header-field.ts';
import { headerName, type HeaderName } from '../http2/hpack/header-name.ts';
import { TOKEN, type FieldTable } from '../http1/field-table.ts';

interface NameSlot {
  readonly bytes: Buffer;
  readonly name: HeaderName;
}
interface ValueSlot {
  name: HeaderName | null;
  bytes: Buffer;
  field: HeaderField | null;
  /** Sample of the value that was missed here last: only a value that comes twice is kept. */
  missed: number;
}

const NAME_SLOTS = 512;
const VALUE_SLOTS = 1024;
/** Longer values are rarely the same twice and dear to keep: 1,024 slots hold 512 kB at most. */
const MAX_KEPT_BYTES = 512;
const NO_BYTES = Buffer.alloc(0);

const names: (NameSlot | null)[] = Array.from({ length: NAME_SLOTS }, () => null);
const values: ValueSlot[] = Array.from({ length: VALUE_SLOTS }, () => ({
  name: null,
  bytes: NO_BYTES,
  field: null,
  missed: -1,
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
  if (slot.missed === sample && end - start <= MAX_KEPT_BYTES) {
    slot.name = name;
    slot.bytes = Buffer.from(buffer.subarray(start, end));
    slot.field = field;
  } else slot.missed = sample;
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
  if (length <= 64) names[at] = { bytes: Buffer.from(name.text, 'latin1'), name };
  return name;
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

function isSame(known: Buffer, buffer: Buffer, start: number, end: number): boolean {
  const { length } = known;
  if (length !== end - start) return false;
  for (let i = 0; i < length; i += 1) if (known[i] !== buffer[start + i]) return false;
  return true;
}

function isSameName(lower: Buffer, buffer: Buffer, start: number, length: number): boolean {
  if (lower.length !== length) return false;
  for (let i = 0; i < length; i += 1) {
    if (lower[i] !== TOKEN[buffer[start + i]!]) return false;
  }
  return true;
}
