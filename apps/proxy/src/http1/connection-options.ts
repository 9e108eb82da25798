/** What the Connection fields of a message say (RFC 9110 7.6.1). */
import type { FieldTable } from './field-table.ts';

export interface ConnectionOptions {
  readonly close: boolean;
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
  /** Other fields it names, in lower case: they are not forwarded. */
  readonly named: readonly string[];
}

const NONE: ConnectionOptions = { close: false, keepAlive: false, upgrade: false, named: [] };
const CLOSE: ConnectionOptions = { ...NONE, close: true };
const KEEP_ALIVE: ConnectionOptions = { ...NONE, keepAlive: true };

const CONNECTION = Buffer.from('connection');
/** Naming one of these would make the next hop read the message differently from us, so it is not obeyed. */
const FRAMING = new Set(['host', 'content-length', 'transfer-encoding', 'connection']);

export function connectionOptions(fields: FieldTable): ConnectionOptions {
  if (fields.connectionCount === 0) return NONE;
  let value = '';
  for (let i = 0; i < fields.count; i += 1) {
    if (!fields.isNamed(i, CONNECTION)) continue;
    value = value === '' ? fields.value(i) : `${value},${fields.value(i)}`;
  }
  return parse(value);
}

function parse(value: string): ConnectionOptions {
  // The two values nearly every message has, without splitting anything.
  if (value === 'keep-alive' || value === 'Keep-Alive') return KEEP_ALIVE;
  if (value === 'close') return CLOSE;
  const tokens = value.toLowerCase().split(',');
  const named: string[] = [];
  let close = false;
  let keepAlive = false;
  let upgrade = false;
  for (const raw of tokens) {
    const token = raw.trim();
    if (token === 'close') close = true;
    else if (token === 'keep-alive') keepAlive = true;
    else if (token === 'upgrade') upgrade = true;
    else if (token !== '' && !FRAMING.has(token)) named.push(token);
  }
  return { close, keepAlive, upgrade, named };
}
