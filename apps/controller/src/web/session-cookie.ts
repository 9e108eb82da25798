/**
 * The sign-in of a browser: the person's own token in a cookie that scripts cannot read and other sites cannot send. It
 * is kept nowhere else, so any replica of the dashboard knows it, and signing out forgets it.
 */
import type { IncomingMessage } from 'node:http';

const NAME = 'tulle_token';
/** The longest a browser remembers; most tokens end sooner. */
const MAX_AGE_SECONDS = 12 * 60 * 60;

/** Null where there is none. */
export function tokenInCookie(header: string | undefined): string | null {
  for (const part of (header ?? '').split(';')) {
    const [name, value = ''] = part.trim().split('=', 2);
    if (name === NAME && value !== '') return decode(value);
  }
  return null;
}

/** `Set-Cookie` that signs in, or out for an empty token. */
export function cookieOf(token: string, isSecure: boolean): string {
  const parts = [
    `${NAME}=${encodeURIComponent(token)}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    `Max-Age=${token === '' ? 0 : MAX_AGE_SECONDS}`,
  ];
  return [...parts, ...(isSecure ? ['Secure'] : [])].join('; ');
}

/** Whether the browser came over HTTPS, as far as whoever terminated it says so. */
export function isSecure({ headers }: IncomingMessage): boolean {
  return headers['x-forwarded-proto'] === 'https' || headers.origin?.startsWith('https:') === true;
}

function decode(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}
