/**
 * Heads as they go on: the bytes as they came, less the fields that are hop-by-hop or that the exchange strips, plus the
 * ones it sets. A head that needs no change is not copied.
 */
import { ANSWER_FIELDS_OF_PROXIES } from '../stack/http-service.ts';
import type { HeaderEdit } from '../stack/http-service.ts';
import type { ConnectionOptions } from './connection-options.ts';
import type { FieldTable } from './field-table.ts';

const NO_BYTES = Buffer.alloc(0);
const TRANSFER_ENCODING = 'transfer-encoding';

/** A {@link HeaderEdit} made ready for bytes. */
export interface CompiledEdit {
  readonly strip: readonly Buffer[];
  /** 1 for each byte a name in `strip` begins with, in either letter case: nearly every field is let by at its first. */
  readonly initials: Uint8Array;
  /** The fields to add, each with its CRLF. */
  readonly added: Buffer;
}

const NO_EDIT: CompiledEdit = { strip: [], initials: new Uint8Array(256), added: NO_BYTES };

type CompiledStrip = Pick<CompiledEdit, 'strip' | 'initials'>;
const stripCache = new WeakMap<readonly string[], CompiledStrip>();

/** Answers: only a proxy's own answer speaks of proxy errors (linkerd2-proxy strips them from peers, too). */
export const ANSWER_EDIT: CompiledEdit = {
  ...compiledStrip(ANSWER_FIELDS_OF_PROXIES),
  added: NO_BYTES,
};

const answerEdits = new WeakMap<HeaderEdit, CompiledEdit>();

/** {@link ANSWER_EDIT} with what a policy changes besides. */
export function answerEditOf(edit: HeaderEdit | null | undefined): CompiledEdit {
  if (edit === null || edit === undefined) return ANSWER_EDIT;
  let compiled = answerEdits.get(edit);
  if (compiled === undefined) {
    const strip = [...ANSWER_FIELDS_OF_PROXIES, ...edit.strip];
    compiled = { ...compiledStrip(strip), added: addedBytes(edit.set) };
    answerEdits.set(edit, compiled);
  }
  return compiled;
}

/** Keeps the last edit compiled: services give the same object for all requests of a connection. */
export class EditCompiler {
  #edit: HeaderEdit | null = null;
  #compiled: CompiledEdit = NO_EDIT;

  compile(edit: HeaderEdit): CompiledEdit {
    if (edit === this.#edit) return this.#compiled;
    this.#edit = edit;
    this.#compiled = { ...compiledStrip(edit.strip), added: addedBytes(edit.set) };
    return this.#compiled;
  }
}

function compiledStrip(names: readonly string[]): CompiledStrip {
  const known = stripCache.get(names);
  if (known !== undefined) return known;
  const initials = new Uint8Array(256);
  for (const name of names) {
    initials[name.charCodeAt(0)] = 1;
    initials[name.toUpperCase().charCodeAt(0)] = 1;
  }
  const compiled = { strip: names.map((name) => Buffer.from(name, 'latin1')), initials };
  stripCache.set(names, compiled);
  return compiled;
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
  if (edit.strip.length > 0) changes += cutStripped(table, edit);
  if (head.connection.named.length > 0) changes += cutNamed(table, head.connection.named);
  const addedLength = edit.added.length + extra.length;
  if (changes === 0 && addedLength === 0) return slice(table.buffer, head.start, bodyEnd);
  if (keepUpgrade && table.upgrade !== -1) table.cut[table.upgrade] = 0;
  const cutLength = changes === 0 ? 0 : lengthOfCut(table);
  const out = Buffer.allocUnsafe(bodyEnd - head.start + addedLength - cutLength);
  // The empty line and the body are copied along with the last run of fields, or after what is added.
  let at = copyKept(head, out, changes, addedLength === 0 ? bodyEnd : table.fieldsEnd);
  if (addedLength === 0) return out;
  if (edit.added.length > 0) at += edit.added.copy(out, at);
  if (extra.length > 0) at += extra.copy(out, at);
  table.buffer.copy(out, at, table.fieldsEnd, bodyEnd);
  return out;
}

/** `buffer.subarray`, without making another view of all of it. */
export function slice(buffer: Buffer, start: number, end: number): Buffer {
  return start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end);
}

/** Drops Transfer-Encoding too, for a receiver that knows no chunks. */
export function cutTransferEncoding(table: FieldTable): void {
  cutNamed(table, [TRANSFER_ENCODING]);
  table.hopByHopCount += 1;
}

/** Copies from the start line to `end`, less the fields cut, in as few runs as they allow. Gives the length written. */
function copyKept(head: ForwardedHead, out: Buffer, changes: number, end: number): number {
  const { table } = head;
  const { buffer } = table;
  if (changes === 0) return buffer.copy(out, 0, head.start, end);
  let at = 0;
  let runStart = head.start;
  for (let i = 0; i < table.count; i += 1) {
    if (table.cut[i] === 0) continue;
    const lineStart = table.lineStart(i);
    if (lineStart > runStart) at += buffer.copy(out, at, runStart, lineStart);
    runStart = table.lineEnd(i);
  }
  return at + buffer.copy(out, at, runStart, end);
}

function lengthOfCut(table: FieldTable): number {
  let length = 0;
  for (let i = 0; i < table.count; i += 1) {
    if (table.cut[i] !== 0) length += table.lineEnd(i) - table.lineStart(i);
  }
  return length;
}

function cutStripped(table: FieldTable, edit: CompiledEdit): number {
  let count = 0;
  for (let i = 0; i < table.count; i += 1) {
    const start = table.lineStart(i);
    if (edit.initials[table.buffer[start]!] === 0) continue;
    const length = table.nameEnd(i) - start;
    for (const name of edit.strip) {
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
