import type { TapExchange } from '@tulle/model';

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
 * The request as a command line to send it again. Tap carries no bodies: for a method that has one, `--data` is left
 * for the person to fill. Redacted headers stay redacted.
 */
export function asCurl(exchange: TapExchange): string {
  const { method, scheme, authority, path, requestHeaders } = exchange;
  const url = `${scheme === '' ? 'http' : scheme}://${authority}${path}`;
  const headers = requestHeaders.filter(
    ([name]) => !name.startsWith(':') && !name.startsWith('l5d-') && !LEFT_OUT.has(name),
  );
  const parts = [
    'curl',
    method === 'GET' ? '' : `-X ${shellQuote(method)}`,
    shellQuote(url),
    ...headers.map(([name, value]) => `-H ${shellQuote(`${name}: ${value}`)}`),
    ['POST', 'PUT', 'PATCH'].includes(method) ? `--data ''` : '',
  ];
  return parts.filter((part) => part !== '').join(' \\\n  ');
}

/** In single quotes, where a shell reads nothing but the closing quote. */
function shellQuote(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
