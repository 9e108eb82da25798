/** Opens connections to endpoints: TCP, then mutual TLS where the endpoint has an identity. */
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { PeerCertificate, SecureContext, TLSSocket } from 'node:tls';
import type { Dial } from '../stack/connection.ts';
import { DialError } from '../stack/connection.ts';
import type { Endpoint, EndpointTls } from '../stack/endpoint.ts';
import type { AttemptFailure } from '../stack/http-service.ts';
import { LeanSocket } from './lean-socket.ts';
import { alternativeNames } from './alternative-names.ts';
import { noteDial } from './dial-timing.ts';
import { meterSocket } from './transport-meter.ts';

export interface DialOptions {
  /** Of TCP, and again of the TLS handshake. */
  readonly connectTimeoutMs: number;
  /** TCP keepalive's idle time; null leaves it off. */
  readonly keepaliveMs: number | null;
  /** Our certificate and trust anchors, as they are now. */
  readonly clientContext: () => SecureContext;
}

/** The peer's certificate is not that of the endpoint's identity. */
class IdentityMismatchError extends Error {}

/** A {@link Dial} whose sockets are half-open: the peer's end does not end our side. */
export function createDial(options: DialOptions): Dial {
  return async (endpoint) => {
    const socket = await open(endpoint, options);
    meterSocket(socket, endpoint.transport);
    return socket;
  };
}

async function open(endpoint: Endpoint, options: DialOptions): Promise<Socket> {
  const startedAtMs = performance.now();
  const plain = new LeanSocket({
    allowHalfOpen: true,
    noDelay: true,
    ...(options.keepaliveMs === null
      ? {}
      : { keepAlive: true, keepAliveInitialDelay: options.keepaliveMs }),
  }).connect({ host: endpoint.host, port: endpoint.port });
  await ready(plain, 'connect', options.connectTimeoutMs, endpoint);
  const connectMs = performance.now() - startedAtMs;
  if (endpoint.tls.kind === 'none') {
    noteDial(plain, { connectMs, tlsMs: null });
    return plain;
  }
  const secure = secured(plain, endpoint.tls, options.clientContext());
  await ready(secure, 'secureConnect', options.connectTimeoutMs, endpoint);
  noteDial(secure, { connectMs, tlsMs: performance.now() - startedAtMs - connectMs });
  return secure;
}

function secured(
  socket: Socket,
  tls: Extract<EndpointTls, { kind: 'mutual' }>,
  secureContext: SecureContext,
): TLSSocket {
  return connectTls({
    socket,
    servername: tls.serverName,
    secureContext,
    minVersion: 'TLSv1.3',
    rejectUnauthorized: true,
    // Linkerd's rule: some name of the leaf is the identity expected; the server name has no say.
    checkServerIdentity: (_serverName: string, certificate: PeerCertificate) =>
      alternativeNames(certificate.subjectaltname).includes(tls.identity)
        ? undefined
        : new IdentityMismatchError(`The peer's certificate does not name ${tls.identity}.`),
  });
}

/** Resolves on `event`; rejects on error, close or timeout and destroys the socket. */
function ready(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  timeoutMs: number,
  endpoint: Endpoint,
): Promise<void> {
  const where = `${endpoint.host}:${endpoint.port}`;
  return new Promise((resolve, reject) => {
    const fail = (failure: AttemptFailure): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new DialError(failure));
    };
    const timer = setTimeout(() => {
      const error = new Error(`Connecting to ${where} took longer than ${timeoutMs} ms.`);
      fail({ kind: 'connect-timeout', error });
    }, timeoutMs);
    const onClose = (): void => {
      fail({ kind: 'connect', error: new Error(`${where} closed the connection.`) });
    };
    // Stays: a socket without an error listener ends the process.
    socket.on('error', (error: NodeJS.ErrnoException) => fail(failureOf(error)));
    socket.once('close', onClose);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off('close', onClose);
      resolve();
    });
  });
}

const CHAIN_ERRORS = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
]);

function failureOf(error: NodeJS.ErrnoException): AttemptFailure {
  if (error instanceof IdentityMismatchError || CHAIN_ERRORS.has(error.code ?? '')) {
    return { kind: 'identity', error };
  }
  if (error.code === 'ETIMEDOUT') return { kind: 'connect-timeout', error };
  return { kind: 'connect', error };
}
