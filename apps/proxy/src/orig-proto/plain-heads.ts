/** HTTP/2 fields as heads of HTTP/1, written straight into the bytes to send. */
import { STATUS_CODES } from 'node:http';
import type { HeaderEdit } from '../stack/http-service.ts';
import type { HeaderField } from '../http2/hpack/header-field.ts';
import { NameKind } from '../http2/hpack/header-name.ts';
import { isOrigProto, type OrigProto } from './orig-proto.ts';

/** Field lines of ours that end a head. */
export const CHUNKED = 'transfer-encoding: chunked\r\n';
export const NO_LENGTH = 'content-length: 0\r\n';
export const CLOSE = 'connection: close\r\n';
const SHORT_STRING = 24;
/** Forbidden in trailers: who read them late might frame the message anew (RFC 9110 6.5.1). */
const FRAMING = new Set(['content-length', 'transfer-encoding', 'host', 'connection']);

const COLON = 58;
const SP = 32;
const CR = 13;
const LF = 10;

export interface PlainRequest {
  readonly fields: readonly HeaderField[];
  readonly edit: HeaderEdit;
  readonly origProto: OrigProto;
}

/** @param framing {@link CHUNKED}, or '' where content-length or the absence of both says it all. */
export function requestHeadBytes(request: PlainRequest, framing: string): Buffer {
  const { fields, edit, origProto } = request;
  const line = new RequestLine();
  const kept: HeaderField[] = [];
  const { strip, lines, start } = compile(edit);
  let length = 0;
  for (const field of fields) {
    if (line.takes(field) || strip.has(field.name.text)) continue;
    kept.push(field);
    length += lineLength(field);
  }
  const cookies = line.cookies === '' ? '' : `cookie: ${line.cookies}\r\n`;
  for (const [name, value] of start) line.set(name, value);
  const version = framing === CHUNKED ? 'HTTP/1.1' : origProto.version;
  return compose(
    line.text(version, origProto.isAbsoluteForm),
    kept,
    length,
    cookies + lines + framing,
  );
}

/** The fields of HTTP/2 that are no field lines in HTTP/1, or must be one line there. */
class RequestLine {
  cookies = '';
  #method = '';
  #scheme = 'http';
  #authority = '';
  #path = '/';
  #hasLength = false;

  /** True when the field has its place here, or is one too many. */
  takes({ name, value }: HeaderField): boolean {
    switch (name.kind) {
      case NameKind.method:
      case NameKind.scheme:
      case NameKind.path:
      case NameKind.authority:
        this.set(name.text, value);
        return true;
      case NameKind.host:
        if (this.#authority === '') this.#authority = value;
        return true;
      case NameKind.contentLength: {
        const isRepeated = this.#hasLength;
        this.#hasLength = true;
        return isRepeated;
      }
      default:
        if (name.text !== 'cookie') return false;
        // RFC 9113 8.2.3: HTTP/2 may split them, HTTP/1 must not.
        this.cookies = this.cookies === '' ? value : `${this.cookies}; ${value}`;
        return true;
    }
  }

  /** @param name a pseudo-header's, or `host`. */
  set(name: string, value: string): void {
    if (name === ':method') this.#method = value;
    else if (name === ':scheme') this.#scheme = value;
    else if (name === ':path') this.#path = value;
    else this.#authority = value;
  }

  /** The first line, and Host where there is one. */
  text(version: string, isAbsoluteForm: boolean): string {
    const authority = this.#authority;
    if (authority === '') return `${this.#method} ${this.#path} ${version}\r\n`;
    const origin = isAbsoluteForm ? `${this.#scheme}://${authority}` : '';
    return `${this.#method} ${origin}${this.#path} ${version}\r\nhost: ${authority}\r\n`;
  }
}

/** @param rest {@link CHUNKED}, {@link NO_LENGTH}, {@link CLOSE}, or more than one, or ''. */
export function responseHeadBytes(
  fields: readonly HeaderField[],
  version: OrigProto['version'],
  rest: string,
): Buffer {
  const kept: HeaderField[] = [];
  let length = 0;
  let status = '';
  let hasLength = false;
  for (const field of fields) {
    const { kind } = field.name;
    if (kind === NameKind.status) {
      status = field.value;
      continue;
    }
    if (kind === NameKind.contentLength) {
      if (hasLength) continue;
      hasLength = true;
    }
    if (isOrigProto(field)) continue;
    kept.push(field);
    length += lineLength(field);
  }
  return compose(`${version} ${status} ${STATUS_CODES[status] ?? ''}\r\n`, kept, length, rest);
}

/** The end of a chunked body. */
export function lastChunkBytes(trailers: readonly HeaderField[]): Buffer {
  const kept = trailers.filter(({ name }) => !FRAMING.has(name.text));
  const length = kept.reduce((sum, field) => sum + lineLength(field), 0);
  return compose('0\r\n', kept, length, '');
}

/** What stands before a chunk's bytes. */
export function chunkSizeBytes(bytes: number): Buffer {
  return Buffer.from(`${bytes.toString(16)}\r\n`, 'latin1');
}

/** A {@link HeaderEdit} made ready: services give the same object for all requests of a connection. */
interface CompiledEdit {
  readonly strip: ReadonlySet<string>;
  /** For the first line and Host. */
  readonly start: HeaderEdit['set'];
  readonly lines: string;
}
const compiledEdits = new WeakMap<HeaderEdit, CompiledEdit>();

function compile(edit: HeaderEdit): CompiledEdit {
  const known = compiledEdits.get(edit);
  if (known !== undefined) return known;
  const set = edit.set.filter(([, value]) => isOneLine(value));
  const isStart = (name: string): boolean => name.startsWith(':') || name === 'host';
  const compiled = {
    strip: new Set(edit.strip),
    start: set.filter(([name]) => isStart(name)),
    lines: set
      .filter(([name]) => !isStart(name))
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join(''),
  };
  compiledEdits.set(edit, compiled);
  return compiled;
}

function isOneLine(value: string): boolean {
  return !/[\r\n\0]/.test(value);
}

function lineLength({ name, value }: HeaderField): number {
  return name.text.length + value.length + 4;
}

function compose(
  start: string,
  fields: readonly HeaderField[],
  fieldsLength: number,
  rest: string,
): Buffer {
  const out = Buffer.allocUnsafe(start.length + fieldsLength + rest.length + 2);
  let at = put(out, 0, start);
  for (let i = 0; i < fields.length; i += 1) {
    const { name, value } = fields[i]!;
    at = put(out, at, name.text);
    out[at] = COLON;
    out[at + 1] = SP;
    at = put(out, at + 2, value);
    out[at] = CR;
    out[at + 1] = LF;
    at += 2;
  }
  at = put(out, at, rest);
  out[at] = CR;
  out[at + 1] = LF;
  return out;
}

/** A call into the engine costs more than a short loop. */
function put(out: Buffer, start: number, text: string): number {
  const { length } = text;
  if (length > SHORT_STRING) {
    out.write(text, start, length, 'latin1');
    return start + length;
  }
  for (let i = 0; i < length; i += 1) out[start + i] = text.charCodeAt(i);
  return start + length;
}
