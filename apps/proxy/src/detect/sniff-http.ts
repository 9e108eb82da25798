/** Which protocol the first bytes of a connection speak. */
import { TOKEN } from '../http1/field-table.ts';

export type HttpSniff = 'more' | 'http1' | 'http2' | 'opaque';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n');
/** As much of the preface as no HTTP/1 request can begin with. */
const PREFACE_ENOUGH = 14;
const SP = 32;
const LF = 10;
const CR = 13;
const MAX_METHOD = 32;
/** A first line as long as this that has looked like a request so far is one, for the codec to refuse. */
const MAX_LINE = 8192;

/**
 * Looks at all bytes read so far. HTTP/1 is told by its whole first line: many text protocols begin like a method. A control
 * character in it, or line ends before it, are for the codec to judge: a request that became opaque by them would pass by
 * the policy of its route.
 */
export function sniffHttp(seen: Buffer): HttpSniff {
  const bytes = seen.subarray(lengthOfEmptyLines(seen));
  if (bytes.length === 0) return seen.length < MAX_LINE ? 'more' : 'opaque';
  const compared = Math.min(bytes.length, PREFACE_ENOUGH);
  if (bytes.compare(PREFACE, 0, compared, 0, compared) === 0) {
    return bytes.length >= PREFACE_ENOUGH ? 'http2' : 'more';
  }
  const methodEnd = endOfMethod(bytes);
  if (methodEnd === -1) return bytes.length <= MAX_METHOD ? 'more' : 'opaque';
  if (methodEnd === 0 || bytes[methodEnd] !== SP) return 'opaque';
  const line = bytes.subarray(0, MAX_LINE);
  const lineEnd = line.indexOf(LF, methodEnd);
  if (lineEnd !== -1) return isRequestLine(line, methodEnd, lineEnd) ? 'http1' : 'opaque';
  if (bytes.length < MAX_LINE) return 'more';
  return hasControl(line, methodEnd) ? 'opaque' : 'http1';
}

/** RFC 9112 2.2: servers ignore empty lines before a request, written as CRLF or, many of them, as LF. */
function lengthOfEmptyLines(bytes: Buffer): number {
  let length = 0;
  while (length < MAX_LINE && (bytes[length] === CR || bytes[length] === LF)) length += 1;
  return length;
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
    if (bytes[i]! < SP && bytes[i] !== CR) return true;
  }
  return false;
}
