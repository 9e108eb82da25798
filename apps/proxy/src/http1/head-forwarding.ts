/**
 * Heads as they go on: the bytes as they came, less the fields that are hop-by-hop or that the exchange strips, plus the
 * ones it sets. A head that needs no change is not copied.
 */
import type { HeaderEdit } from '../stack/http-service.ts';
import type { ConnectionOptions } from './connection-options.ts';
import type { FieldTable } from './field-table.ts';

const NO_BYTES = Buffer.alloc(0);
const CRLF = Buffer.from('\r\n');
const TRANSFER_ENCODING = 'transfer-encoding';

/** A {@link HeaderEdit} made ready for bytes. */
export interface CompiledEdit {
  readonly strip: readonly Buffer[];
  /** The fields to add, each with its CRLF. */
  readonly added: Buffer;
}

export const NO_EDIT: CompiledEdit = { strip: [], added: NO_BYTES };

/** Keeps the last edit compiled: services give the same object for all requests of a connection. */
export class EditCompiler {
  #edit: HeaderEdit | null = null;
  #compiled: CompiledEdit = NO_EDIT;

  compile(edit: HeaderEdit): CompiledEdit {
    if (edit === this.#edit) return this.#compiled;
    this.#edit = edit;
    this.#compiled = { strip: stripBytes(edit.strip), added: addedBytes(edit.set) };
    return this.#compiled;
  }
}

const stripCache = new WeakMap<readonly string[], readonly Buffer[]>();
function stripBytes(names: readonly string[]): readonly Buffer[] {
  let bytes = stripCache.get(names);
  if (bytes === undefined) {
    bytes = names.map((name) => Buffer.from(name, 'latin1'));
    stripCache.set(names, bytes);
  }
  return bytes;
}

function addedBytes(set: HeaderEdit['set']): Buffer {
  if (set.length === 0) return NO_BYTES;
  let text = '';
  for (const [name, value] of set) {
    // A line break here would be a field of the sender's choosing.
    if (!/[\r\n\0]/.test(value)) text += `${name}: ${value}\r\n`;
  }
  return Buffer.from(text, 'latin1');
}

/** The part of a head that {@link forwardHead} needs. */
export interface ForwardedHead {
  readonly table: FieldTable;
  readonly start: number;
  readonly end: number;
  readonly connection: ConnectionOptions;
}

/**
 * The head with its changes, followed by the bytes up to `bodyEnd` of the same buffer.
 * @param keepUpgrade the Upgrade field goes on; its `connection: upgrade` is up to `extra`.
 * @param extra field lines for this hop, each with its CRLF.
 */
export function forwardHead(
  head: ForwardedHead,
  edit: CompiledEdit,
  keepUpgrade: boolean,
  extra: Buffer,
  bodyEnd: number,
): Buffer {
  const { table } = head;
  let changes = table.hopByHopCount;
  if (edit.strip.length > 0) changes += cutStripped(table, edit.strip);
  if (head.connection.named.length > 0) changes += cutNamed(table, head.connection.named);
  const addedLength = edit.added.length + extra.length;
  if (changes === 0 && addedLength === 0) return table.buffer.subarray(head.start, bodyEnd);
  if (keepUpgrade && table.upgrade !== -1) table.cut[table.upgrade] = 0;
  const out = Buffer.allocUnsafe(bodyEnd - head.start + addedLength);
  let at = copyKept(head, out, changes);
  if (addedLength > 0) {
    if (edit.added.length > 0) at += edit.added.copy(out, at);
    if (extra.length > 0) at += extra.copy(out, at);
  }
  at += CRLF.copy(out, at);
  at += table.buffer.copy(out, at, head.end, bodyEnd);
  return at === out.length ? out : out.subarray(0, at);
}

/** Drops Transfer-Encoding too, for a receiver that knows no chunks. */
export function cutTransferEncoding(table: FieldTable): void {
  cutNamed(table, [TRANSFER_ENCODING]);
  table.hopByHopCount += 1;
}

/** Copies the start line and the fields not cut, in as few runs as they allow. Gives the length written. */
function copyKept(head: ForwardedHead, out: Buffer, changes: number): number {
  const { table } = head;
  const { buffer } = table;
  if (changes === 0) return buffer.copy(out, 0, head.start, table.fieldsEnd);
  let at = 0;
  let runStart = head.start;
  for (let i = 0; i < table.count; i += 1) {
    if (table.cut[i] === 0) continue;
    at += buffer.copy(out, at, runStart, table.lineStart(i));
    runStart = table.lineEnd(i);
  }
  return at + buffer.copy(out, at, runStart, table.fieldsEnd);
}

function cutStripped(table: FieldTable, strip: readonly Buffer[]): number {
  let count = 0;
  for (let i = 0; i < table.count; i += 1) {
    const length = table.nameEnd(i) - table.lineStart(i);
    for (const name of strip) {
      if (name.length !== length || !table.isNamed(i, name)) continue;
      table.cut[i] = 1;
      count += 1;
    }
  }
  return count;
}

function cutNamed(table: FieldTable, names: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < table.count; i += 1) {
    if (!names.includes(table.name(i))) continue;
    table.cut[i] = 1;
    count += 1;
  }
  return count;
}
