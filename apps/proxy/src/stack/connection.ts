/** How accepted sockets are handed from `listen`/`detect` to a codec, and how codecs reach endpoints. */
import type { Socket } from 'node:net';
import type { AttemptFailure, HttpService, Peer, TcpService } from './http-service.ts';
import type { SessionProtocol } from '../connect/transport-header.ts';
import type { Endpoint, TransportCounters } from './endpoint.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Thrown (rejected) by {@link Dial}. */
export class DialError extends Error {
  readonly failure: AttemptFailure;
  constructor(failure: AttemptFailure) {
    super(failure.error.message, { cause: failure.error });
    this.name = 'DialError';
    this.failure = failure;
  }
}

/**
 * Opens a connection to an endpoint: TCP within the connect timeout, then mutual TLS where the endpoint has an identity,
 * verified against it, then the transport header where the endpoint is reached with one; `session` is what it says of the
 * bytes behind it, null or absent for opaque ones. The socket given back is counted (`endpoint.transport`), unread, with Nagle off. The caller owns it.
 * @throws DialError
 */
export type Dial = (endpoint: Endpoint, session?: SessionProtocol) => Promise<Socket>;

/** How long opening a connection took, milliseconds. */
export interface DialTiming {
  readonly connectMs: number;
  /** Null: no TLS. */
  readonly tlsMs: number | null;
}

/** What every codec gets beside its socket. */
export interface CodecContext {
  readonly dial: Dial;
  /** Milliseconds, monotonic (performance.now). */
  readonly now: () => number;
  readonly limits: CodecLimits;
}

export interface CodecLimits {
  readonly maxHeadBytes: number;
  readonly maxHeaderFields: number;
  /** A head must be complete this long after its first byte; a body, and a client's reading, may stand still this long. */
  readonly headTimeoutMs: number;
  /** An idle kept-alive client connection is closed after this long. */
  readonly clientIdleTimeoutMs: number;
  /** An idle pooled upstream connection is closed after this long (Linkerd: 3 s). */
  readonly poolIdleTimeoutMs: number;
  readonly maxIdlePerEndpoint: number;
}

/** A client connection a codec serves. */
export interface ServedConnection {
  /** Finish what is under way, take nothing new, then close (HTTP/2: GOAWAY; HTTP/1: `connection: close`). */
  drain(): void;
  /** Now, whatever is under way. */
  destroy(): void;
  /** Resolves once closed; never rejects. */
  readonly closed: Promise<void>;
}

/**
 * Serves HTTP on an accepted socket (plain or TLS already terminated). `firstBytes` were read while detecting and come
 * before anything the socket still gives; the socket is paused.
 */
export type ServeHttp = (
  socket: Socket,
  firstBytes: Buffer,
  peer: Peer,
  service: HttpService,
  context: CodecContext,
) => ServedConnection;

export type ServeTcp = (
  socket: Socket,
  firstBytes: Buffer,
  peer: Peer,
  service: TcpService,
  context: CodecContext,
) => ServedConnection;

/**
 * Where an original destination leads, shared by all connections to it and kept while in use (then for the discovery
 * idle timeout). Implemented by `discover/`; inbound and outbound differ only inside.
 */
export interface Target {
  /** Known at once for a cached destination, otherwise when discovery has answered. `opaque` skips all detection. */
  readonly protocol: Protocol | Promise<Protocol>;
  readonly http: HttpService;
  readonly tcp: TcpService;
  /** For connections whose `protocol` is `tls`, by the server name that they ask for. */
  tls?(serverName: string): TcpService;
  /** How long detection may take; absent: as long as the direction's configuration says. */
  readonly detectTimeoutMs?: number | null;
  /** It is known what a connection speaks, `elapsedMs` after it was asked. */
  countDetect?(result: DetectResult, elapsedMs: number): void;
  /** Counters of accepted connections (`peer="src"`). */
  acceptCounters(peer: Peer): TransportCounters;
  /** An accepted connection whose TLS could not be ended. Names are values of the `error` label. */
  countAcceptError?(error: 'tls detection timeout' | 'i/o'): void;
  /** Exactly once per `Targets` lookup, when the connection is closed. */
  release(): void;
}
/** `tls`: TLS that is not ours to end. */
export type Protocol = 'detect' | 'opaque' | 'tls';

/** Values of `result` in the detection metrics. */
export type DetectResult = 'http/1' | 'http/2' | 'not_http' | 'read_timeout' | 'error';

export interface Targets {
  inbound(originalDestination: Address): Target;
  outbound(originalDestination: Address): Target;
}
