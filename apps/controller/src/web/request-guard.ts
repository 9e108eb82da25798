import type { IncomingMessage } from 'node:http';
import { TulleError } from '@tulle/model';

/** What decides whether a request may come in at all. Pure: built once from the configuration. */
export interface RequestGuard {
  /**
   * Refuses a foreign `Host` (DNS rebinding) and, for changes and WebSocket upgrades, a foreign `Origin` (CSRF, CSWSH).
   * @throws TulleError `invalid_argument` for the host, `permission_denied` for the origin
   */
  check(request: IncomingMessage, kind: 'read' | 'change' | 'upgrade'): void;
}

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** @param allowedHosts host names, without port, that are accepted beside localhost, 127.0.0.1 and [::1] */
export function createRequestGuard(allowedHosts: readonly string[]): RequestGuard {
  const hosts = new Set([...LOCAL_HOSTS, ...allowedHosts.map((host) => host.toLowerCase())]);
  return {
    check(request, kind) {
      const host = request.headers.host;
      if (host === undefined || !hosts.has(nameOf(host))) {
        throw new TulleError(
          'invalid_argument',
          `This dashboard does not answer for the host "${printable(host)}". Open it by an address it knows, or add the host to TULLE_ALLOWED_HOSTS.`,
        );
      }
      if (kind === 'read') return;
      const origin = request.headers.origin;
      if (origin === undefined) {
        // A browser always sends Origin with an upgrade or a cross-site change; programs such as the CLI send none.
        if (request.headers['sec-fetch-site'] === 'cross-site') refuseOrigin('another site');
        return;
      }
      if (hostOfOrigin(origin) !== host.toLowerCase()) refuseOrigin(origin);
    },
  };
}

function refuseOrigin(origin: string): never {
  throw new TulleError(
    'permission_denied',
    `A page of ${printable(origin)} may not use this dashboard; changes and live data are for its own page.`,
  );
}

/** `127.0.0.1:8084` → `127.0.0.1`, `[::1]:8084` → `[::1]`. */
function nameOf(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  return (end <= 0 ? host : host.slice(0, end)).toLowerCase();
}

function hostOfOrigin(origin: string): string | null {
  try {
    return new URL(origin).host.toLowerCase();
  } catch {
    return null; // `Origin: null` of sandboxed pages, or garbage: foreign either way
  }
}

function printable(text: string | undefined): string {
  return (text ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}
