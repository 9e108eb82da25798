/**
 * The transport header: what a meshed connection to a proxy's own port begins with. It says which port of the workload the
 * bytes are for and, where the sender knows, what they speak, so that opaque and server-speaks-first protocols can have
 * mutual TLS (linkerd2-proxy transport-header).
 */
import type { transportHeader } from '@tulle/proxy-api';
import { decode, encode, transportHeaderWire } from '@tulle/proxy-api/wire';

/** The ALPN protocol of connections that begin with the header. */
export const TRANSPORT_ALPN = 'transport.l5d.io/v1';

/** What the bytes behind the header speak; null: nobody looks into them. */
export type SessionProtocol = 'http1' | 'http2' | null;

export interface TransportHeader {
  readonly port: number;
  /** Of the service, for a gateway; '' for a port of the workload itself. */
  readonly name: string;
  readonly session: SessionProtocol;
}

/** `more`: undecided, read on. `faulty`: no header. */
export type HeaderScan =
  | { readonly kind: 'more' }
  | { readonly kind: 'faulty' }
  | { readonly kind: 'header'; readonly header: TransportHeader; readonly length: number };

const MORE: HeaderScan = { kind: 'more' };
const FAULTY: HeaderScan = { kind: 'faulty' };
const PREFIX = Buffer.from(`${TRANSPORT_ALPN}\r\n\r\n`);
const LENGTH_BYTES = 4;
/** A DNS name has at most 253 characters; the rest is a handful of bytes. */
const MAX_MESSAGE_BYTES = 512;
const MAX_PORT = 65_535;

export function encodeTransportHeader({ port, name, session }: TransportHeader): Buffer {
  const message = encode(transportHeaderWire.Header, {
    port,
    name,
    ...(session !== null && { sessionProtocol: { kind: { case: session, value: {} } } }),
  });
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(message.length);
  return Buffer.concat([PREFIX, length, message]);
}

/** Looks at all bytes read so far. */
export function scanTransportHeader(bytes: Buffer): HeaderScan {
  const compared = Math.min(bytes.length, PREFIX.length);
  if (bytes.compare(PREFIX, 0, compared, 0, compared) !== 0) return FAULTY;
  const start = PREFIX.length + LENGTH_BYTES;
  if (bytes.length < start) return MORE;
  const length = bytes.readUInt32BE(PREFIX.length);
  if (length > MAX_MESSAGE_BYTES) return FAULTY;
  if (bytes.length < start + length) return MORE;
  const header = headerOf(bytes.subarray(start, start + length));
  return header === null ? FAULTY : { kind: 'header', header, length: start + length };
}

function headerOf(message: Buffer): TransportHeader | null {
  let header: transportHeader.Header;
  try {
    header = decode(transportHeaderWire.Header, message);
  } catch {
    return null;
  }
  const { port, name, sessionProtocol } = header;
  if (port < 1 || port > MAX_PORT) return null;
  return { port, name, session: sessionProtocol?.kind.case ?? null };
}
