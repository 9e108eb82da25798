/** The last step of accepting, the same for both directions: HTTP/1, HTTP/2 or opaque bytes, each to its codec. */
import type { Socket } from 'node:net';
import type {
  CodecContext,
  DetectResult,
  ServeHttp,
  ServeTcp,
  ServedConnection,
  Target,
} from '../stack/connection.ts';
import type { Peer, TcpService } from '../stack/http-service.ts';
import { meterSocket } from '../connect/transport-meter.ts';
import { readFirstBytes } from './first-bytes.ts';
import type { FirstBytes } from './first-bytes.ts';
import { sniffHttp } from './sniff-http.ts';
import type { HttpSniff } from './sniff-http.ts';

export interface Codecs {
  readonly http1: ServeHttp;
  readonly http2: ServeHttp;
  readonly tcp: ServeTcp;
  readonly context: CodecContext;
}

const NO_BYTES = Buffer.alloc(0);

/** Forwards bytes without looking at them. */
export function serveOpaque(
  socket: Socket,
  firstBytes: Buffer,
  peer: Peer,
  target: Target,
  codecs: Codecs,
  service: TcpService = target.tcp,
): ServedConnection {
  meterSocket(socket, target.acceptCounters(peer));
  return codecs.tcp(socket, firstBytes, peer, service, codecs.context);
}

/** Serves HTTP of a version that is known. */
export function serveHttpAs(
  version: 'http1' | 'http2',
  socket: Socket,
  firstBytes: Buffer,
  peer: Peer,
  target: Target,
  codecs: Codecs,
): ServedConnection {
  meterSocket(socket, target.acceptCounters(peer));
  return codecs[version](socket, firstBytes, peer, target.http, codecs.context);
}

/**
 * Tells HTTP from other protocols, waiting up to `timeoutMs` for a client that speaks first; one that does not is opaque.
 * Null when the client left.
 */
export async function serveDetected(
  socket: Socket,
  seen: Buffer,
  peer: Peer,
  target: Target,
  codecs: Codecs,
  timeoutMs: number,
): Promise<ServedConnection | null> {
  const startedAtMs = performance.now();
  const first = await readFirstBytes(socket, seen, decided, target.detectTimeoutMs ?? timeoutMs);
  target.countDetect?.(resultOf(first), performance.now() - startedAtMs);
  if (first.isClosed) return null;
  const { bytes } = first;
  switch (first.verdict) {
    case 'http1':
    case 'http2':
      return serveHttpAs(first.verdict, socket, bytes, peer, target, codecs);
    case 'opaque':
    case null:
      return serveOpaque(socket, bytes.length === 0 ? NO_BYTES : bytes, peer, target, codecs);
  }
}

function resultOf({ verdict, isClosed }: FirstBytes<Exclude<HttpSniff, 'more'>>): DetectResult {
  switch (verdict) {
    case 'http1':
      return 'http/1';
    case 'http2':
      return 'http/2';
    case 'opaque':
      return 'not_http';
    case null:
      return isClosed ? 'error' : 'read_timeout';
  }
}

function decided(bytes: Buffer): Exclude<HttpSniff, 'more'> | null {
  const sniff = sniffHttp(bytes);
  return sniff === 'more' ? null : sniff;
}
