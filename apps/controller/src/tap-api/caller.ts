import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { TulleError } from '@tulle/model';
import type { FrontProxy } from './front-proxy.ts';

/** Who asks, as the API server says. */
export interface Caller {
  readonly user: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/**
 * Reads who asks from the headers of the API server, after it has proved itself by its client certificate.
 * @throws TulleError `unavailable` while nobody knows what to check by, `unauthenticated` for anybody else.
 */
export function callerOf(request: IncomingMessage, frontProxy: FrontProxy | null): Caller {
  if (frontProxy === null) {
    throw new TulleError('unavailable', 'The tap API does not know the API server’s proof yet.');
  }
  checkProof(request.socket as TLSSocket, frontProxy);
  const headers = request.headersDistinct;
  const user = frontProxy.userHeaders.flatMap((name) => headers[name] ?? [])[0] ?? '';
  if (user === '') throw new TulleError('unauthenticated', 'The request names no user.');
  const groups = frontProxy.groupHeaders.find((name) => headers[name] !== undefined);
  return {
    user,
    groups: groups === undefined ? [] : (headers[groups] ?? []),
    extra: extraOf(headers, frontProxy.extraPrefixes),
  };
}

function checkProof(socket: TLSSocket, { allowedNames }: FrontProxy): void {
  if (!socket.authorized) {
    throw new TulleError(
      'unauthenticated',
      'The tap API is asked through the Kubernetes API server, which proves itself by a client certificate; this client did not.',
    );
  }
  const subject = socket.getPeerCertificate().subject as { readonly CN?: string | string[] };
  const name = subject.CN ?? '';
  if (allowedNames.length === 0) return;
  if (typeof name === 'string' && allowedNames.includes(name)) return;
  throw new TulleError(
    'unauthenticated',
    `A client certificate for "${String(name)}" is not one of the API server’s (${allowedNames.join(', ')}).`,
  );
}

/** Keys come in lower case and percent-encoded. */
function extraOf(
  headers: NodeJS.Dict<string[]>,
  prefixes: readonly string[],
): Record<string, readonly string[]> {
  const extra: Record<string, readonly string[]> = {};
  for (const [name, values = []] of Object.entries(headers)) {
    const prefix = prefixes.find((each) => name.startsWith(each));
    if (prefix !== undefined) extra[decode(name.slice(prefix.length))] = values;
  }
  return extra;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
