/** Calls to one gRPC server. Connections are opened when first needed, kept while they serve, and opened again after they broke. */
import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { formatHostPort } from '@tulle/proxy-api';
import { decode, encode, type WireMethod } from '@tulle/proxy-api/wire';
import { createDial } from '../connect/dial.ts';
import { ownField } from '../http2/hpack/header-field.ts';
import { SessionPool } from '../http2/session-pool.ts';
import type { Address, CodecContext } from '../stack/connection.ts';
import type { Endpoint, EndpointTls } from '../stack/endpoint.ts';
import type { SecureContext } from 'node:tls';
import { GrpcCall } from './grpc-call.ts';
import { GrpcCode, GrpcError } from './grpc-error.ts';
import { frameMessage } from './message-framing.ts';

export interface GrpcChannelOptions {
  readonly address: Address;
  readonly tls: EndpointTls;
  /** What we trust, and our certificate once we have one. Asked at each connection; unused without TLS. */
  readonly clientContext: () => SecureContext;
  /** Told each time that the server's name was looked up. */
  readonly onLookup?: (isFound: boolean) => void;
}

export interface StreamCall<O> {
  readonly signal: AbortSignal;
  /** The server has taken the call. */
  readonly onHead?: () => void;
  /** What it throws ends the call with INTERNAL. */
  readonly onMessage: (message: O) => void;
}

export interface UnaryCall {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

const CONNECT_TIMEOUT_MS = 5000;
const TCP_KEEPALIVE_MS = 10_000;
/** Without a call for this long a connection is closed. */
const IDLE_MS = 60_000;
/** A frame once begun must come on within this time. */
const STALL_MS = 10_000;
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_HEAD_FIELDS = 100;
/** As grpc-go and tonic have it. */
const MAX_MESSAGE_BYTES = 4 << 20;

export class GrpcChannel {
  readonly #authority: string;
  readonly #scheme: string;
  readonly #pool: SessionPool;

  constructor({ address, tls, clientContext, onLookup }: GrpcChannelOptions) {
    this.#authority = formatHostPort(address.host, address.port);
    this.#scheme = tls.kind === 'none' ? 'http' : 'https';
    const dial = createDial({
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      keepaliveMs: TCP_KEEPALIVE_MS,
      clientContext,
      alpnProtocols: ['h2'],
      ...(onLookup && { onLookup }),
    });
    const context: CodecContext = { dial, now: () => performance.now(), limits: LIMITS };
    this.#pool = new SessionPool(endpointAt(address, tls), context);
  }

  /** A call whose answers keep coming. Resolves when the server ended it with OK. @throws GrpcError (rejects). */
  stream<I extends DescMessage, O extends DescMessage>(
    method: WireMethod<I, O>,
    request: MessageInitShape<I>,
    { signal, onHead, onMessage }: StreamCall<MessageShape<O>>,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => call.end(new GrpcError(GrpcCode.cancelled, 'no longer wanted'));
      const call = new GrpcCall({
        head: this.#head(method.path),
        request: frameMessage(encode(method.input, request)),
        maxMessageBytes: MAX_MESSAGE_BYTES,
        onHead: onHead ?? (() => {}),
        onMessage: (message) => onMessage(decode(method.output, message)),
        onEnd: (error) => {
          signal.removeEventListener('abort', onAbort);
          this.#pool.cancel(call);
          if (error === null) resolve();
          else reject(error);
        },
      });
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort);
      const session = this.#pool.ready();
      if (session === null) this.#pool.wait(call);
      else call.onSession(session);
    });
  }

  /** A call with one answer. @throws GrpcError (rejects), DEADLINE_EXCEEDED after `timeoutMs`. */
  async unary<I extends DescMessage, O extends DescMessage>(
    method: WireMethod<I, O>,
    request: MessageInitShape<I>,
    { signal, timeoutMs }: UnaryCall,
  ): Promise<MessageShape<O>> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), timeoutMs);
    const answers: MessageShape<O>[] = [];
    try {
      await this.stream(method, request, {
        signal: AbortSignal.any([signal, late.signal]),
        onMessage: (message) => answers.push(message),
      });
    } catch (error) {
      if (!late.signal.aborted || signal.aborted) throw error;
      throw new GrpcError(GrpcCode.deadlineExceeded, `no answer within ${timeoutMs} ms`);
    } finally {
      clearTimeout(timer);
    }
    const [answer] = answers;
    if (answer !== undefined && answers.length === 1) return answer;
    throw new GrpcError(GrpcCode.internal, `${answers.length} answers in place of one`);
  }

  /** Connections close behind their last call. */
  close(): void {
    this.#pool.close();
  }

  #head(path: string) {
    return [
      ownField(':method', 'POST'),
      ownField(':scheme', this.#scheme),
      ownField(':path', path),
      ownField(':authority', this.#authority),
      ownField('content-type', 'application/grpc+proto'),
      ownField('te', 'trailers'),
      ownField('user-agent', 'tulle-proxy'),
    ];
  }
}

const LIMITS: CodecContext['limits'] = {
  maxHeadBytes: MAX_HEAD_BYTES,
  maxHeaderFields: MAX_HEAD_FIELDS,
  headTimeoutMs: STALL_MS,
  clientIdleTimeoutMs: IDLE_MS,
  poolIdleTimeoutMs: IDLE_MS,
  maxIdlePerEndpoint: 1,
};

function endpointAt({ host, port }: Address, tls: EndpointTls): Endpoint {
  return {
    host,
    port,
    tls,
    protocolHint: 'none',
    labels: {},
    pools: { http1: null, http2: null },
    // Nothing is counted of connections to control services; their calls are.
    transport: { opened: () => {}, closed: () => {}, read: () => {}, wrote: () => {} },
    retired: false,
    connectionFailed: () => {},
    connectionReady: () => {},
  };
}
