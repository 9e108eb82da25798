/** Inbound: connections from other workloads to this one. Mutual TLS when it names us, then HTTP or bytes. */
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Logger } from '@tulle/telemetry';
import type { Address, ServedConnection, Target } from '../stack/connection.ts';
import type { PeerTls } from '../stack/http-service.ts';
import { AcceptedConnection } from '../detect/accepted-connection.ts';
import { decidedTls } from '../detect/client-hello.ts';
import { readFirstBytes } from '../detect/first-bytes.ts';
import { peerOf } from '../detect/peer-of.ts';
import { serveDetected, serveOpaque } from '../detect/serve-detected.ts';
import type { Codecs } from '../detect/serve-detected.ts';
import { terminateTls, TlsTimeoutError } from '../detect/terminate-tls.ts';
import { acceptDirect } from './accept-direct.ts';
import type { DirectMetrics } from './accept-direct.ts';

export interface InboundOptions {
  readonly target: (original: Address) => Target;
  /** Whether an address is the proxy's own port. */
  readonly isDirect: (original: Address) => boolean;
  readonly direct: DirectMetrics;
  readonly codecs: Codecs;
  readonly detectTimeoutMs: number;
  /** Our name: TLS to any other is not ours to end, and passes through. */
  readonly serverName: string;
  readonly secureContext: () => SecureContext;
  readonly log: Logger;
}

const NO_BYTES = Buffer.alloc(0);
const PLAIN: PeerTls = { kind: 'none', reason: 'no_tls_from_remote' };
const SKIPPED: PeerTls = { kind: 'none', reason: 'port_skipped' };

/** Serves a connection accepted for `original`. */
export function acceptInbound(
  socket: Socket,
  original: Address,
  options: InboundOptions,
): ServedConnection {
  if (options.isDirect(original)) return acceptDirect(socket, original, options);
  const target = options.target(original);
  const connection = new AcceptedConnection(socket, () => detect(socket, target, options));
  void connection.closed.then(() => target.release());
  return connection;
}

async function detect(
  socket: Socket,
  target: Target,
  options: InboundOptions,
): Promise<ServedConnection | null> {
  const { codecs, detectTimeoutMs } = options;
  const protocol = await target.protocol;
  if (protocol === 'opaque') {
    return serveOpaque(socket, NO_BYTES, peerOf(socket, SKIPPED), target, codecs);
  }
  const first = await readFirstBytes(socket, NO_BYTES, decidedTls, detectTimeoutMs);
  if (first.isClosed) return null;
  const plain = peerOf(socket, PLAIN);
  if (first.verdict === null) return serveOpaque(socket, first.bytes, plain, target, codecs);
  if (first.verdict.kind !== 'tls') {
    if (protocol === 'tls') return serveOpaque(socket, first.bytes, plain, target, codecs);
    return serveDetected(socket, first.bytes, plain, target, codecs, detectTimeoutMs);
  }
  if (first.verdict.serverName !== options.serverName) {
    return serveOpaque(socket, first.bytes, plain, target, codecs);
  }
  return detectInsideTls(socket, first.bytes, target, options);
}

async function detectInsideTls(
  socket: Socket,
  hello: Buffer,
  target: Target,
  options: InboundOptions,
): Promise<ServedConnection | null> {
  const { codecs, detectTimeoutMs, log, secureContext } = options;
  const from = `${socket.remoteAddress}:${socket.remotePort}`;
  try {
    const tls = await terminateTls(socket, hello, secureContext(), detectTimeoutMs);
    const peer = peerOf(socket, { kind: 'mutual', clientId: tls.clientId });
    if ((await target.protocol) === 'tls') {
      return serveOpaque(tls.socket, NO_BYTES, peer, target, codecs);
    }
    return await serveDetected(tls.socket, NO_BYTES, peer, target, codecs, detectTimeoutMs);
  } catch (error) {
    target.countAcceptError?.(error instanceof TlsTimeoutError ? 'tls detection timeout' : 'i/o');
    log.warn({ err: error, client: from }, 'inbound TLS handshake failed');
    return null;
  }
}
