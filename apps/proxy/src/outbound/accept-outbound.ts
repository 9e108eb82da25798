/** Outbound: connections from the application beside us to anywhere. */
import type { Socket } from 'node:net';
import type { Address, ServedConnection, Target } from '../stack/connection.ts';
import type { Peer } from '../stack/http-service.ts';
import { AcceptedConnection } from '../detect/accepted-connection.ts';
import { decidedTls } from '../detect/client-hello.ts';
import { readFirstBytes } from '../detect/first-bytes.ts';
import { peerOf } from '../detect/peer-of.ts';
import { serveDetected, serveOpaque } from '../detect/serve-detected.ts';
import type { Codecs } from '../detect/serve-detected.ts';

export interface OutboundOptions {
  readonly target: (original: Address) => Target;
  readonly codecs: Codecs;
  readonly detectTimeoutMs: number;
}

const NO_BYTES = Buffer.alloc(0);

/** Serves a connection accepted for `original`. The application's own TLS is not HTTP to us and passes through. */
export function acceptOutbound(
  socket: Socket,
  original: Address,
  options: OutboundOptions,
): ServedConnection {
  const target = options.target(original);
  const peer = peerOf(socket, { kind: 'none', reason: 'loopback' });
  const connection = new AcceptedConnection(socket, () => detect(socket, peer, target, options));
  void connection.closed.then(() => target.release());
  return connection;
}

async function detect(
  socket: Socket,
  peer: Peer,
  target: Target,
  options: OutboundOptions,
): Promise<ServedConnection | null> {
  const { codecs, detectTimeoutMs } = options;
  switch (await target.protocol) {
    case 'opaque':
      return serveOpaque(socket, NO_BYTES, peer, target, codecs);
    case 'tls':
      return serveTls(socket, peer, target, options);
    case 'detect':
      return serveDetected(socket, NO_BYTES, peer, target, codecs, detectTimeoutMs);
  }
}

/** Passes TLS on, to where its server name leads. Null, and counted, for what names no server. */
async function serveTls(
  socket: Socket,
  peer: Peer,
  target: Target,
  { codecs, detectTimeoutMs }: OutboundOptions,
): Promise<ServedConnection | null> {
  const first = await readFirstBytes(socket, NO_BYTES, decidedTls, detectTimeoutMs);
  const serverName = first.verdict?.kind === 'tls' ? first.verdict.serverName : null;
  if (serverName === null) {
    target.countAcceptError?.(first.verdict === null ? 'tls detection timeout' : 'i/o');
    return null;
  }
  const service = target.tls?.(serverName) ?? target.tcp;
  return serveOpaque(socket, first.bytes, peer, target, codecs, service);
}
