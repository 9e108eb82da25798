/** Which protocol the first bytes of a connection speak. */
import { TOKEN } from '../http1/field-table.ts';

export type HttpSniff = 'more' | 'http1' | 'http2' | 'opaque';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n');
/** As much of the preface as no HTTP/1 request can begin with. */
const PREFACE_ENOUGH = 14;
const SP = 32;
const LF = 10;
const MAX_METHOD = 32;
/** A first line longer than this that has looked like a request so far is one, for the codec to refuse. */
const MAX_LINE = 8192;

/** Looks at all bytes read so far. HTTP/1 is told by its whole first line: many text protocols begin like a method. */
export function sniffHttp(bytes: Buffer): HttpSniff {
  if (bytes.length === 0) return 'more';
  const compared = Math.min(bytes.length, PREFACE_ENOUGH);
  if (bytes.compare(PREFACE, 0, compared, 0, compared) === 0) {
    return bytes.length >= PREFACE_ENOUGH ? 'http2' : 'more';
  }
  const methodEnd = endOfMethod(bytes);
  if (methodEnd === -1) return bytes.length <= MAX_METHOD ? 'more' : 'opaque';
  if (methodEnd === 0 || bytes[methodEnd] !== SP) return 'opaque';
  const lineEnd = bytes.indexOf(LF, methodEnd);
  if (lineEnd !== -1) return isRequestLine(bytes, methodEnd, lineEnd) ? 'http1' : 'opaque';
  if (hasControl(bytes, methodEnd)) return 'opaque';
  return bytes.length > MAX_LINE ? 'http1' : 'more';
}

/** Offset of the first byte that is no token character, -1 when there is none yet, 0 when it is too far. */
function endOfMethod(bytes: Buffer): number {
  const limit = Math.min(bytes.length, MAX_METHOD + 1);
  for (let i = 0; i < limit; i += 1) {
    if (TOKEN[bytes[i]!] === 0) return i;
  }
  return bytes.length > MAX_METHOD ? 0 : -1;
}

function isRequestLine(bytes: Buffer, from: number, lineEnd: number): boolean {
  return bytes.subarray(from, lineEnd).includes(' HTTP/');
}

/** A control character, CR aside: no line of HTTP. */
function hasControl(bytes: Buffer, from: number): boolean {
  for (let i = from; i < bytes.length; i += 1) {
    if (bytes[i]! < SP && bytes[i] !== 13) return true;
  }
  return false;
}
