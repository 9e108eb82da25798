/** Opens connections to endpoints: TCP, then mutual TLS where the endpoint has an identity. */
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { PeerCertificate, SecureContext, TLSSocket } from 'node:tls';
import type { Dial } from '../stack/connection.ts';
import { DialError } from '../stack/connection.ts';
import type { Endpoint, EndpointTls, TransportTag } from '../stack/endpoint.ts';
import type { AttemptFailure } from '../stack/http-service.ts';
import { LeanSocket } from './lean-socket.ts';
import { alternativeNames } from './alternative-names.ts';
import { noteDial } from './dial-timing.ts';
import { encodeTransportHeader, TRANSPORT_ALPN } from './transport-header.ts';
import type { SessionProtocol, TransportHeader } from './transport-header.ts';
import { meterSocket } from './transport-meter.ts';

export interface DialOptions {
  /** Of TCP, and again of the TLS handshake. */
  readonly connectTimeoutMs: number;
  /** TCP keepalive's idle time; null leaves it off. */
  readonly keepaliveMs: number | null;
  /** Our certificate and trust anchors, as they are now. */
  readonly clientContext: () => SecureContext;
  /** Offered in TLS (ALPN); none where absent. */
  readonly alpnProtocols?: string[];
  /** Told of each name that was looked up. */
  readonly onLookup?: (isFound: boolean) => void;
}

/** The peer's certificate is not that of the endpoint's identity. */
class IdentityMismatchError extends Error {}

/** A {@link Dial} whose sockets are half-open: the peer's end does not end our side. */
export function createDial(options: DialOptions): Dial {
  return async (endpoint, session = null) => {
    const socket = await open(endpoint, session, options);
    meterSocket(socket, endpoint.transport);
    return socket;
  };
}

async function open(
  endpoint: Endpoint,
  session: SessionProtocol,
  options: DialOptions,
): Promise<Socket> {
  const startedAtMs = performance.now();
  const plain = new LeanSocket({
    allowHalfOpen: true,
    noDelay: true,
    ...(options.keepaliveMs === null
      ? {}
      : { keepAlive: true, keepAliveInitialDelay: options.keepaliveMs }),
  });
  const { onLookup } = options;
  if (onLookup !== undefined) plain.once('lookup', (error) => onLookup(error === null));
  plain.connect({ host: endpoint.host, port: tagOf(endpoint)?.inboundPort ?? endpoint.port });
  await ready(plain, 'connect', options.connectTimeoutMs, endpoint);
  const connectMs = performance.now() - startedAtMs;
  if (endpoint.tls.kind === 'none') {
    noteDial(plain, { connectMs, tlsMs: null });
    return plain;
  }
  const tag = tagOf(endpoint);
  const alpn = tag === null ? options.alpnProtocols : [TRANSPORT_ALPN];
  const secure = secured(plain, endpoint.tls, options.clientContext(), alpn);
  await ready(secure, 'secureConnect', options.connectTimeoutMs, endpoint);
  noteDial(secure, { connectMs, tlsMs: performance.now() - startedAtMs - connectMs });
  // A proxy that does not know the header has not agreed to it, and gets the bytes alone.
  if (tag !== null && secure.alpnProtocol === TRANSPORT_ALPN) {
    // At once: the server may speak first, and its proxy has to know to whom it connects.
    secure.write(encodeTransportHeader(headerOf(endpoint, session)));
  }
  return secure;
}

function tagOf({ tls, tag }: Endpoint): TransportTag | null {
  return tls.kind === 'none' ? null : (tag ?? null);
}

/** An endpoint that wants its bytes opaque is not told what they are. */
function headerOf({ port, protocolHint }: Endpoint, session: SessionProtocol): TransportHeader {
  return { port, name: '', session: protocolHint === 'opaque' ? null : session };
}

function secured(
  socket: Socket,
  tls: Extract<EndpointTls, { kind: 'mutual' }>,
  secureContext: SecureContext,
  alpnProtocols: string[] | undefined,
): TLSSocket {
  return connectTls({
    socket,
    servername: tls.serverName,
    secureContext,
    ...(alpnProtocols === undefined ? {} : { ALPNProtocols: alpnProtocols }),
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
