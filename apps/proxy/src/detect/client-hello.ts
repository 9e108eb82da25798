/** The server name of a TLS ClientHello, read from the first bytes of a connection (RFC 8446 4.1.2, RFC 6066 3). */

/** `more`: undecided, read on. `not-tls`: hand the bytes on as they are. */
export type TlsSniff =
  | { readonly kind: 'more' }
  | { readonly kind: 'not-tls' }
  | { readonly kind: 'tls'; readonly serverName: string | null };

const MORE: TlsSniff = { kind: 'more' };
const NOT_TLS: TlsSniff = { kind: 'not-tls' };
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;
const SERVER_NAME_EXTENSION = 0;
const HOST_NAME = 0;
/** A ClientHello with post-quantum key shares is about 1.8 kB; more than this is none we would read to its end. */
const MAX_HELLO_BYTES = 16_384;

/** Looks at all bytes read so far; records may split the hello anywhere. */
export function sniffTls(bytes: Buffer): TlsSniff {
  if (bytes.length > 0 && bytes[0] !== HANDSHAKE) return NOT_TLS;
  if (bytes.length > 1 && bytes[1] !== 3) return NOT_TLS;
  if (bytes.length < RECORD_HEADER) return MORE;
  const hello = joinRecords(bytes);
  if (hello === null) return NOT_TLS;
  if (hello.length > 0 && hello[0] !== CLIENT_HELLO) return NOT_TLS;
  if (hello.length < HANDSHAKE_HEADER) return MORE;
  const length = hello.readUIntBE(1, 3);
  if (length > MAX_HELLO_BYTES) return NOT_TLS;
  if (hello.length < HANDSHAKE_HEADER + length) return MORE;
  const body = hello.subarray(HANDSHAKE_HEADER, HANDSHAKE_HEADER + length);
  return { kind: 'tls', serverName: serverNameOf(body) };
}

/** {@link sniffTls} as `readFirstBytes` asks: null for more. */
export function decidedTls(bytes: Buffer): Exclude<TlsSniff, { kind: 'more' }> | null {
  const sniff = sniffTls(bytes);
  return sniff.kind === 'more' ? null : sniff;
}

/** Payload of the handshake records so far, up to the end of the hello, or null when another record stands among them. */
function joinRecords(bytes: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  let joined = 0;
  let wanted = Infinity;
  let pos = 0;
  // What the client sends after its hello is no business of detection.
  while (pos + RECORD_HEADER <= bytes.length && joined < wanted) {
    if (bytes[pos] !== HANDSHAKE) return parts.length === 0 ? null : Buffer.concat(parts);
    const length = bytes.readUInt16BE(pos + 3);
    if (length === 0) return null;
    const part = bytes.subarray(pos + RECORD_HEADER, pos + RECORD_HEADER + length);
    parts.push(part);
    joined += part.length;
    if (wanted === Infinity && joined >= HANDSHAKE_HEADER) {
      wanted = HANDSHAKE_HEADER + Buffer.concat(parts, HANDSHAKE_HEADER).readUIntBE(1, 3);
    }
    pos += RECORD_HEADER + length;
  }
  return parts.length === 1 ? (parts[0] ?? null) : Buffer.concat(parts);
}

/** A reader that never leaves its buffer: past the end it gives empty parts and `isShort`. */
class Cursor {
  isShort = false;
  readonly #bytes: Buffer;
  #pos = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  get isAtEnd(): boolean {
    return this.#pos >= this.#bytes.length;
  }
  take(length: number): Buffer {
    const end = this.#pos + length;
    this.isShort ||= end > this.#bytes.length;
    const part = this.#bytes.subarray(this.#pos, end);
    this.#pos = end;
    return part;
  }
  number(length: 1 | 2): number {
    const part = this.take(length);
    return part.length < length ? 0 : part.readUIntBE(0, length);
  }
}

function serverNameOf(body: Buffer): string | null {
  const hello = new Cursor(body);
  hello.take(2 + 32); // version, random
  hello.take(hello.number(1)); // session id
  hello.take(hello.number(2)); // cipher suites
  hello.take(hello.number(1)); // compression methods
  const extensions = new Cursor(hello.take(hello.number(2)));
  while (!extensions.isAtEnd && !extensions.isShort) {
    const type = extensions.number(2);
    const data = extensions.take(extensions.number(2));
    if (type === SERVER_NAME_EXTENSION) return hostName(data);
  }
  return null;
}

function hostName(data: Buffer): string | null {
  const list = new Cursor(data);
  list.number(2);
  while (!list.isAtEnd && !list.isShort) {
    const type = list.number(1);
    const name = list.take(list.number(2));
    if (type === HOST_NAME && !list.isShort) return name.toString('latin1').toLowerCase();
  }
  return null;
}
