/**
 * Connections to the proxy's own inbound port: other proxies', which say in a transport header what port of this workload
 * they are for. Anything else that comes here is refused: forwarded, it would come back to this port for ever.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ListenConfig } from '../config/proxy-config.ts';
import { scanTransportHeader, TRANSPORT_ALPN } from '../connect/transport-header.ts';
import type { HeaderScan, TransportHeader } from '../connect/transport-header.ts';
import { AcceptedConnection } from '../detect/accepted-connection.ts';
import { decidedTls } from '../detect/client-hello.ts';
import { readFirstBytes } from '../detect/first-bytes.ts';
import { peerOf } from '../detect/peer-of.ts';
import { serveHttpAs, serveOpaque } from '../detect/serve-detected.ts';
import { terminateTls } from '../detect/terminate-tls.ts';
import type { Address, ServedConnection, Target } from '../stack/connection.ts';
import type { Peer } from '../stack/http-service.ts';
import type { InboundOptions } from './accept-inbound.ts';

/** What direct connections count. */
export interface DirectMetrics {
  /** A header was read, and the connection goes on to its target. */
  arrived(header: TransportHeader, clientId: string): void;
  refused(original: Address, error: 'unexpected' | 'gateway domain invalid'): void;
}

/** A direct connection that is not served, and why: a clause for the log. */
class Refused extends Error {
  readonly error: 'unexpected' | 'gateway domain invalid';
  constructor(message: string, error: Refused['error'] = 'unexpected') {
    super(message);
    this.error = error;
  }
}

const NO_BYTES = Buffer.alloc(0);

/** Whether a connection accepted for `original` is for the proxy itself. */
export function directTest(listen: ListenConfig): (original: Address) => boolean {
  if (listen.kind === 'table') {
    const own = listen.pairs.filter(
      (pair) => pair.listen.port === pair.original.port && pair.listen.host === pair.original.host,
    );
    return ({ host, port }) =>
      own.some(({ original }) => original.port === port && original.host === host);
  }
  const ports = new Set(listen.addresses.map(({ port }) => port));
  return ({ port }) => ports.has(port);
}

/** Serves a connection accepted for the proxy's own port. */
export function acceptDirect(
  socket: Socket,
  original: Address,
  options: InboundOptions,
): ServedConnection {
  let target: Target | null = null;
  const find = (port: number): Target => {
    target = options.target({ host: original.host, port });
    return target;
  };
  const connection = new AcceptedConnection(socket, () => serve(socket, original, find, options));
  void connection.closed.then(() => target?.release());
  return connection;
}

async function serve(
  socket: Socket,
  original: Address,
  find: (port: number) => Target,
  options: InboundOptions,
): Promise<ServedConnection | null> {
  try {
    const { tls, peer, clientId } = await terminate(socket, options);
    const { header, rest } = await readHeader(tls, options.detectTimeoutMs);
    if (header.name !== '') {
      throw new Refused(
        `it is for ${header.name}, and this proxy is no gateway`,
        'gateway domain invalid',
      );
    }
    if (options.isDirect({ host: original.host, port: header.port })) {
      throw new Refused('it is for the port of the proxy itself');
    }
    options.direct.arrived(header, clientId);
    const target = find(header.port);
    if (header.session === null) return serveOpaque(tls, rest, peer, target, options.codecs);
    return serveHttpAs(header.session, tls, rest, peer, target, options.codecs);
  } catch (error) {
    const client = `${socket.remoteAddress}:${socket.remotePort}`;
    options.log.warn({ err: error, client }, 'refused a connection to the port of the proxy');
    options.direct.refused(original, error instanceof Refused ? error.error : 'unexpected');
    socket.destroy();
    return null;
  }
}

/** @throws Refused, and what terminateTls throws. */
async function terminate(
  socket: Socket,
  options: InboundOptions,
): Promise<{ readonly tls: TLSSocket; readonly peer: Peer; readonly clientId: string }> {
  const { detectTimeoutMs, serverName, secureContext } = options;
  const first = await readFirstBytes(socket, NO_BYTES, decidedTls, detectTimeoutMs);
  if (first.verdict?.kind !== 'tls' || first.verdict.serverName !== serverName) {
    throw new Refused('it does not begin with TLS to this proxy');
  }
  const terminated = await terminateTls(socket, first.bytes, secureContext(), detectTimeoutMs, [
    TRANSPORT_ALPN,
  ]);
  const { clientId } = terminated;
  if (clientId === null) throw new Refused('its client has no identity');
  if (terminated.socket.alpnProtocol !== TRANSPORT_ALPN) {
    throw new Refused('its client did not offer a transport header');
  }
  return {
    tls: terminated.socket,
    peer: peerOf(socket, { kind: 'mutual', clientId }),
    clientId,
  };
}

/** @throws Refused */
async function readHeader(
  tls: TLSSocket,
  timeoutMs: number,
): Promise<{ readonly header: TransportHeader; readonly rest: Buffer }> {
  const { bytes, verdict } = await readFirstBytes(tls, NO_BYTES, decidedHeader, timeoutMs);
  if (verdict === null) throw new Refused('its transport header did not come in time');
  if (verdict.kind === 'faulty') throw new Refused('its transport header cannot be read');
  return { header: verdict.header, rest: bytes.subarray(verdict.length) };
}

function decidedHeader(bytes: Buffer): Exclude<HeaderScan, { kind: 'more' }> | null {
  const scan = scanTransportHeader(bytes);
  return scan.kind === 'more' ? null : scan;
}
