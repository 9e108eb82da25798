/** The fields that say where a body ends: the ones request smuggling plays with (RFC 9112 6). */
import { FAULTS } from './fault.ts';
import type { Fault } from './fault.ts';
import { matches } from './field-table.ts';
import type { FieldTable } from './field-table.ts';

const CHUNKED = Buffer.from('chunked');
/** Fifteen digits stay below Number.MAX_SAFE_INTEGER. */
const MAX_LENGTH_DIGITS = 15;

/** Content-Length as a number, -1 when absent, null when it is not 1 to 15 digits. */
export function contentLengthOf(fields: FieldTable): number | null {
  const index = fields.contentLength;
  if (index === -1) return -1;
  const end = fields.valueEnd(index);
  let pos = fields.valueStart(index);
  if (pos === end || end - pos > MAX_LENGTH_DIGITS) return null;
  let length = 0;
  for (; pos < end; pos += 1) {
    const digit = fields.buffer[pos]! - 48;
    if (digit < 0 || digit > 9) return null;
    length = length * 10 + digit;
  }
  return length;
}

/** What is wrong with Content-Length and Transfer-Encoding together. Any repetition is refused, equal values too. */
export function encodingFault(fields: FieldTable, isHttp10: boolean): Fault | null {
  if (fields.contentLengthCount > 1) return FAULTS.repeatedContentLength;
  if (fields.transferEncoding === -1) return null;
  if (fields.contentLength !== -1) return FAULTS.lengthAndEncoding;
  if (isHttp10) return FAULTS.encodingOnHttp10;
  if (fields.transferEncodingCount > 1) return FAULTS.repeatedEncoding;
  const start = fields.valueStart(fields.transferEncoding);
  const length = fields.valueEnd(fields.transferEncoding) - start;
  const isChunked = length === CHUNKED.length && matches(fields.buffer, start, CHUNKED);
  return isChunked ? null : FAULTS.unknownEncoding;
}
