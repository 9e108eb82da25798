/** Request targets and authorities (RFC 9112 3.2). */
import type { FieldTable } from './field-table.ts';

export interface AbsoluteTarget {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
}

const AUTHORITY = new Uint8Array(256);
for (const char of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~%!$&'()*+;=:[]") {
  AUTHORITY[char.charCodeAt(0)] = 1;
}

/** True when the field's value has only characters of `host[:port]` and at least one. User information is refused. */
export function isAuthority(fields: FieldTable, index: number): boolean {
  const end = fields.valueEnd(index);
  let pos = fields.valueStart(index);
  if (pos === end) return false;
  for (; pos < end; pos += 1) {
    if (AUTHORITY[fields.buffer[pos]!] === 0) return false;
  }
  return true;
}

/** An absolute-form target in its parts, or null when it is none (or carries user information). */
export function splitAbsolute(target: string): AbsoluteTarget | null {
  const match = /^(https?):\/\/([^/?#@]+)([/?][^#]*)?$/i.exec(target);
  if (match === null) return null;
  const [, scheme = '', authority = '', rest = '/'] = match;
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  return { scheme: scheme.toLowerCase(), authority, path };
}

/** True when `host` names the target's authority, the scheme's default port written out or not. */
export function sameAuthority(target: AbsoluteTarget, host: string): boolean {
  return normalized(target.authority, target.scheme) === normalized(host, target.scheme);
}

function normalized(authority: string, scheme: string): string {
  const lower = authority.toLowerCase();
  if (scheme === 'http' && lower.endsWith(':80')) return lower.slice(0, -3);
  if (scheme === 'https' && lower.endsWith(':443')) return lower.slice(0, -4);
  return lower;
}
