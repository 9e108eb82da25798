/** Answers that the proxy makes itself. */
import { STATUS_CODES } from 'node:http';

/**
 * A whole answer without a body.
 * @param proxyError value of `l5d-proxy-error`, or null to leave it out.
 * @param fields further ones.
 */
export function refusalHead(
  status: number,
  proxyError: string | null,
  close: boolean,
  fields: readonly (readonly [string, string])[] = [],
): Buffer {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-length: 0\r\n`;
  if (proxyError !== null) text += `l5d-proxy-error: ${oneLine(proxyError)}\r\n`;
  for (const [name, value] of fields) text += `${name}: ${oneLine(value)}\r\n`;
  if (close) text += 'connection: close\r\n';
  return Buffer.from(`${text}date: ${new Date().toUTCString()}\r\n\r\n`, 'latin1');
}

/** Errors of the platform may quote anything; a field value may not. */
function oneLine(text: string): string {
  return text.replaceAll(/[^\t\x20-\x7e]+/g, ' ');
}
