/** Ends mutual TLS on an accepted connection. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { alternativeNames } from '../connect/alternative-names.ts';

export interface TerminatedTls {
  /** Paused; the caller owns it. */
  readonly socket: TLSSocket;
  /** First DNS or URI name of the client's certificate; null when it showed none. */
  readonly clientId: string | null;
}

/** The handshake was not done in time. */
export class TlsTimeoutError extends Error {}

/**
 * Does the server's side of a handshake whose first bytes are `hello`. A client may show no certificate; one that it shows
 * must lead to our trust anchors.
 * @param alpn the protocols to agree on; empty: none is spoken of. A client that offers only others is refused.
 * @throws Error after destroying the socket: handshake failed, certificate not trusted, or ({@link TlsTimeoutError}) not
 * done within `timeoutMs`.
 */
export function terminateTls(
  socket: Socket,
  hello: Buffer,
  secureContext: SecureContext,
  timeoutMs: number,
  alpn: readonly string[] = [],
): Promise<TerminatedTls> {
  // Bytes put back are handed to TLS when it takes the socket over.
  socket.unshift(hello);
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext,
    requestCert: true,
    ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
    rejectUnauthorized: false,
  });
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer);
      secure.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new TlsTimeoutError(`The TLS handshake took longer than ${timeoutMs} ms.`)),
      timeoutMs,
    );
    const onClose = (): void => fail(new Error('The client closed during the TLS handshake.'));
    // Stays: a socket without an error listener ends the process.
    secure.on('error', fail);
    secure.once('close', onClose);
    secure.once('secure', () => {
      clearTimeout(timer);
      secure.off('close', onClose);
      const certificate = secure.getPeerX509Certificate();
      if (certificate !== undefined && !secure.authorized && !isTrusted(secure)) {
        fail(new Error(`The client's certificate is not trusted: ${whyNot(secure)}.`));
        return;
      }
      secure.pause();
      resolve({
        socket: secure,
        clientId: alternativeNames(certificate?.subjectAltName)[0] ?? null,
      });
    });
  });
}

interface Verifying {
  readonly _handle?: { verifyError(): (Error & { code?: string }) | null } | null;
}

/** `authorized` is only set by node's own servers; what OpenSSL found is asked directly. */
function isTrusted(socket: TLSSocket): boolean {
  const handle = (socket as unknown as Verifying)._handle;
  return handle !== null && handle !== undefined && handle.verifyError() === null;
}

function whyNot(socket: TLSSocket): string {
  return (socket as unknown as Verifying)._handle?.verifyError()?.message ?? 'unknown';
}
