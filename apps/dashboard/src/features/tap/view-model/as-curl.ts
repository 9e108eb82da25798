import type { TapBody, TapExchange } from '@tulle/model';

/** Set by curl itself, or only right for the connection they were seen on. */
const LEFT_OUT = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'te',
  'accept-encoding',
]);

/**
 * The request as a command line to send it again. Its body is there where the whole of it was captured;
 * otherwise, for a method that has one, `--data` is left for the person to fill. What is redacted stays redacted.
 */
export function asCurl(exchange: TapExchange): string {
  const { method, scheme, authority, path, requestHeaders, requestBody = null } = exchange;
  const url = `${scheme === '' ? 'http' : scheme}://${authority}${path}`;
  const headers = requestHeaders.filter(
    ([name]) => !name.startsWith(':') && !name.startsWith('l5d-') && !LEFT_OUT.has(name),
  );
  const parts = [
    'curl',
    method === 'GET' ? '' : `-X ${shellQuote(method)}`,
    shellQuote(url),
    ...headers.map(([name, value]) => `-H ${shellQuote(`${name}: ${value}`)}`),
    dataOf(method, requestBody),
  ];
  return parts.filter((part) => part !== '').join(' \\\n  ');
}

/** The body where all of it was captured. */
function dataOf(method: string, body: TapBody | null): string {
  if (body !== null && body.text !== null && body.text !== '' && !body.truncated) {
    return `--data-raw ${shellQuote(body.text)}`;
  }
  return ['POST', 'PUT', 'PATCH'].includes(method) ? `--data ''` : '';
}

/** In single quotes, where a shell reads nothing but the closing quote. */
function shellQuote(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
