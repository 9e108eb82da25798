/**
 * What the stations of a request say to each other. A codec (`http1/`, `http2/`) reads a head and asks the service of
 * its connection what to do with it; the answer is an {@link Exchange} that carries the request through route, balance,
 * connect and observe, or a {@link Refusal}. Inbound and outbound are two services; codecs know neither.
 */
import type { DialTiming } from './connection.ts';
import type { Endpoint } from './endpoint.ts';

/** The client side of an accepted connection, decided once per connection. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  readonly tls: PeerTls;
}
/** Names are Linkerd's label values: `tls="true",client_id` | `tls="no_identity",no_tls_reason`. */
export type PeerTls =
  | { readonly kind: 'mutual'; readonly clientId: string | null }
  | { readonly kind: 'none'; readonly reason: 'loopback' | 'port_skipped' | 'no_tls_from_remote' };

/** A request's head as the codec read it. Valid until the codec's next read: copy what must outlive `begin`. */
/** A head's fields, made when they are asked for; they outlive the head, which is only valid until its codec's next read. */
export type KeptFields = () => readonly (readonly [string, string])[];

export interface RequestHead {
  readonly method: string;
  readonly scheme: string;
  /** `:authority` or Host, as sent, possibly empty (HTTP/1.0). */
  readonly authority: string;
  /** With the query. `*` for OPTIONS, the authority for CONNECT. */
  readonly path: string;
  /** HTTP/2 with `content-type: application/grpc*`. */
  readonly isGrpc: boolean;
  /** As access logs write it; HTTP/1.1 where a codec does not say. */
  readonly version?: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2.0';
  /** First value of the field; `name` is in lower case. */
  header(name: string): string | undefined;
  /** All fields in order, names in lower case, with pseudo-headers (`:method`, `:scheme`, `:authority`, `:path`) first for both versions. Only called when somebody taps. */
  fields(): (readonly [string, string])[];
  /** The same for later: cheap, for most of what observers follow is never told. */
  keepFields(): KeptFields;
}

export interface ResponseHead {
  readonly status: number;
  header(name: string): string | undefined;
  /** All fields, `:status` first. Only called when somebody taps. */
  fields(): (readonly [string, string])[];
  /** The same for later: cheap, for most of what observers follow is never told. */
  keepFields(): KeptFields;
}

/** A request answered by the proxy itself. */
export interface Refusal {
  readonly kind: 'refusal';
  /** Becomes the HTTP status, or a gRPC status by the map in linkerd-proxy 2.5 for gRPC requests. */
  readonly status: number;
  /** Value of `l5d-proxy-error`, a short sentence. */
  readonly proxyError: string;
  /** `l5d-proxy-error` is sent to this client (outbound: always; inbound: meshed peers only). */
  readonly tellClient: boolean;
  /** Further fields of the answer, a redirect's `location`: names in lower case, values of one line. */
  readonly fields?: readonly (readonly [string, string])[];
  /** For gRPC requests instead of what the status maps to. */
  readonly grpcStatus?: number;
}

/** Why an attempt could not be sent or its answer not read. */
export type AttemptFailure =
  /** Nothing was sent: always safe to try elsewhere. */
  | { readonly kind: 'connect'; readonly error: Error }
  | { readonly kind: 'connect-timeout'; readonly error: Error }
  /** The peer's certificate did not name the identity expected. */
  | { readonly kind: 'identity'; readonly error: Error }
  /** The connection broke after (part of) the request was sent and before the answer's head. */
  | { readonly kind: 'broken'; readonly error: Error }
  /** It took longer than an attempt may: the exchange itself said so, see {@link ExchangeControl}. */
  | { readonly kind: 'timeout'; readonly error: Error };

/** How an exchange ended. Exactly one `end` per exchange. */
export type ExchangeEnd =
  | { readonly kind: 'complete' }
  /** Sent by the proxy instead of an answer. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The server reset the stream or broke the connection mid-answer. `code` is the HTTP/2 error code, or null on HTTP/1. */
  | { readonly kind: 'server-reset'; readonly code: number | null }
  | { readonly kind: 'client-reset'; readonly code: number | null }
  /** The route's timeout struck. */
  | { readonly kind: 'timeout' };

export type Verdict =
  | 'forward'
  /** Throw this answer away; `exchange.endpoint` is already the next attempt's. Only when `canRetry` was true. */
  | 'retry'
  /** Keep the head (and first DATA must not be forwarded) until `firstBodyByte` or `responseTrailers`. HTTP/2 gRPC only. */
  | 'hold';

/** What proxies say of their own answers: stripped from every answer forwarded, so that neither server nor peer can say it. */
export const ANSWER_FIELDS_OF_PROXIES: readonly string[] = [
  'l5d-proxy-error',
  'l5d-proxy-connection',
];

/** Fields to change in a head that is forwarded. Names in lower case. */
export interface HeaderEdit {
  /** Removed wherever they stand. */
  readonly strip: readonly string[];
  /** Added at the end, after `strip`. */
  readonly set: readonly (readonly [string, string])[];
}

/** What an exchange with timeouts of its own can ask of its codec. */
export interface ExchangeControl {
  /** Ends the attempt under way, then asks `attemptFailed`. Nothing happens where its answer's head is forwarded. */
  giveUpAttempt(failure: AttemptFailure): void;
  /** As if `timeoutMs` had passed. */
  timeOut(): void;
}

/** Gets a request's bodies while somebody asked to see them. Copies what it keeps, takes any number of bytes. */
export interface BodyTap {
  /** As sent to the endpoint, chunk framing of HTTP/1 included; once, not again with each attempt. */
  request(chunk: Buffer): void;
  /** As received from the endpoint, chunk framing of HTTP/1 included. */
  response(chunk: Buffer): void;
}

/**
 * One logical request through the proxy. The codec calls, in this order: (`attemptFailed`)*, `responseHead`,
 * `firstBodyByte`?, `responseTrailers`?, `end`. All methods are synchronous and cheap: they count, they do no I/O.
 */
export interface Exchange {
  readonly kind: 'exchange';
  /** Where the current attempt goes. */
  readonly endpoint: Endpoint;
  /** Of the whole exchange, from `begin`; 0 for none. The codec arms it, answers 504 and calls `end({kind:'timeout'})`. */
  readonly timeoutMs: number;
  /** Request body bytes to keep for a replay; 0 when this exchange is never retried. Past it `canRetry` is false. */
  readonly replayBytes: number;
  readonly headerEdit: HeaderEdit;
  /** Of the final answer's head, read when that has come; null or absent as a rule. */
  readonly answerEdit?: HeaderEdit | null;
  /** Null or absent as a rule. The codec reads it anew for each piece of a body: another attempt may have another one. */
  readonly bodyTap?: BodyTap | null;
  /** The codec opened a connection for this attempt and takes it now. Not called for one that was open already. */
  dialed?(timing: DialTiming): void;
  /** Once, before the first attempt. */
  watch?(control: ExchangeControl): void;
  /** Body bytes of the client's that came since the last call. */
  requestBytes?(count: number): void;
  /** The attempt under way has been given all of the request. */
  requestSent?(): void;
  /** How long the codec waits before the attempt that a 'retry' just asked for; absent or 0: it goes at once. */
  readonly retryDelayMs?: number;
  /**
   * An attempt failed before its answer. Gives the next attempt's endpoint in `endpoint` and 'retry', waits for one to
   * become ready (promise), or says how to refuse.
   */
  attemptFailed(
    failure: AttemptFailure,
    canRetry: boolean,
  ): 'retry' | Refusal | Promise<'retry' | Refusal>;
  responseHead(head: ResponseHead, canRetry: boolean): Verdict;
  /** The first byte of the answer's body, or its end when it has none: response_latency_ms is taken here. */
  firstBodyByte(): void;
  /** Body bytes toward the client since the last call. */
  responseBytes(count: number): void;
  /** HTTP/2 trailers, or HTTP/1 chunked trailers. Lower-case names. */
  responseTrailers(
    trailers: readonly (readonly [string, string])[],
    canRetry: boolean,
  ): 'forward' | 'retry';
  end(end: ExchangeEnd): void;
}

/** What a connection's requests are handed to. One per accepted connection target; shared by its requests. */
export interface HttpService {
  /**
   * Called once per request, on the hot path: gives an exchange at once when an endpoint is ready. A promise is the rare
   * case (discovery still under way, or the queue of a balancer without ready endpoints, which ends in failfast).
   */
  begin(head: RequestHead, peer: Peer): Exchange | Refusal | Promise<Exchange | Refusal>;
  /** A request that never became one: malformed, too large, header timeout. The codec answers; this counts it. */
  countMalformed(status: number, reason: string): void;
}

/** Opaque TCP: one endpoint per connection. */
export interface TcpService {
  connect(peer: Peer): TcpExchange | TcpRefusal | Promise<TcpExchange | TcpRefusal>;
}
export interface TcpRefusal {
  readonly kind: 'refusal';
  readonly reason: string;
}
export interface TcpExchange {
  readonly kind: 'exchange';
  readonly endpoint: Endpoint;
  attemptFailed(failure: AttemptFailure): 'retry' | TcpRefusal | Promise<'retry' | TcpRefusal>;
  connected(): void;
  /** Called once connected: `stop` cuts both sides when a policy no longer allows the connection. */
  onTerminate?(stop: () => void): void;
  closed(error: Error | null): void;
}
