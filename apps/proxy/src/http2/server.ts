import type { Socket } from 'node:net';
import type { CodecContext, ServedConnection, ServeHttp } from '../stack/connection.ts';
import type { HttpService, Peer } from '../stack/http-service.ts';
import { Http2Connection, type ConnectionUser } from './connection.ts';
import { ConnectionFault, ErrorCode } from './error-code.ts';
import { CONNECT_FAULT, checkRequest, type RequestParts } from './field-rules.ts';
import { Cost } from './flood-guard.ts';
import { CarriedRequestHead, Http2RequestHead } from './heads.ts';
import { ownField, type HeaderField } from './hpack/header-field.ts';
import { findOrigProto, isOrigProto, type OrigProto } from '../orig-proto/orig-proto.ts';
import type { FieldSection } from './hpack/decoder.ts';
import { RequestDriver } from './request-driver.ts';
import { deafHandler, type Http2Stream } from './stream.ts';

/**
 * Serves HTTP/2 (prior knowledge) on an accepted socket. Malformed requests end their stream with PROTOCOL_ERROR and are
 * counted; floods end the connection with ENHANCE_YOUR_CALM.
 */
export const serveHttp2: ServeHttp = (socket, firstBytes, peer, service, context) =>
  new ServedHttp2(socket, firstBytes, peer, service, context);

class ServedHttp2 implements ServedConnection, ConnectionUser {
  readonly closed: Promise<void>;
  readonly #connection: Http2Connection;
  readonly #peer: Peer;
  readonly #service: HttpService;
  readonly #context: CodecContext;
  readonly #resolveClosed: () => void;

  constructor(
    socket: Socket,
    firstBytes: Buffer,
    peer: Peer,
    service: HttpService,
    context: CodecContext,
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { limits, now } = context;
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.#peer = peer;
    this.#service = service;
    this.#context = context;
    this.#connection = new Http2Connection(socket, this, {
      role: 'server',
      limits: { maxListBytes: limits.maxHeadBytes, maxFields: limits.maxHeaderFields },
      now,
      stallTimeoutMs: limits.headTimeoutMs,
      idleTimeoutMs: limits.clientIdleTimeoutMs,
    });
    this.#connection.start(firstBytes);
  }

  drain(): void {
    this.#connection.drain();
  }

  destroy(): void {
    this.#connection.socket.destroy();
  }

  onRequest(stream: Http2Stream, section: FieldSection, endStream: boolean): void {
    if (section.isTooLarge) return this.#answer(stream, 431, 'the head is too large');
    const parts = checkRequest(section.fields);
    if (parts === CONNECT_FAULT) return this.#answer(stream, 400, parts);
    if (typeof parts === 'string') return this.#onMalformed(stream, parts);
    if (endStream && parts.contentLength > 0) {
      return this.#onMalformed(stream, 'the body is shorter than content-length');
    }
    stream.bodyBytesLeft = parts.contentLength;
    const origProto = this.#isMeshed ? findOrigProto(section.fields) : null;
    const driver =
      origProto === null
        ? this.#drive(stream, parts, section.fields)
        : this.#driveCarried(stream, parts, section.fields, origProto);
    stream.handler = driver;
    driver.start(this.#service, endStream);
  }

  #drive(stream: Http2Stream, parts: RequestParts, fields: readonly HeaderField[]): RequestDriver {
    const head = new Http2RequestHead(parts, fields);
    return new RequestDriver(stream, head, fields, this.#peer, this.#context, null);
  }

  /** HTTP/1 that the peer's proxy carried here: that it will be again. Only a proxy of the mesh is believed. */
  #driveCarried(
    stream: Http2Stream,
    parts: RequestParts,
    fields: readonly HeaderField[],
    origProto: OrigProto,
  ): RequestDriver {
    const own = fields.filter((field) => !isOrigProto(field));
    const head = new CarriedRequestHead(parts, own, origProto.version);
    return new RequestDriver(stream, head, own, this.#peer, this.#context, origProto);
  }

  get #isMeshed(): boolean {
    const { tls } = this.#peer;
    return tls.kind === 'mutual' && tls.clientId !== null;
  }

  /** A head without body, for what never became a request. */
  #answer(stream: Http2Stream, status: number, reason: string): void {
    this.#service.countMalformed(status, reason);
    stream.handler = { ...deafHandler, onData: (chunk) => stream.consumed(chunk.length) };
    stream.sendHead([ownField(':status', String(status)), ownField('content-length', '0')], true);
    stream.reset(ErrorCode.noError);
  }

  #onMalformed(stream: Http2Stream, reason: string): void {
    this.#service.countMalformed(400, reason);
    stream.reset(ErrorCode.protocolError);
    if (this.#connection.guard.spend(Cost.streamError)) return;
    throw new ConnectionFault(ErrorCode.enhanceYourCalm, 'too many malformed requests');
  }

  onRoom(): void {
    // The client opens streams, not we.
  }

  onFault(fault: ConnectionFault): void {
    this.#service.countMalformed(
      fault.code === ErrorCode.enhanceYourCalm ? 429 : 400,
      fault.message,
    );
  }

  onGoaway(): void {
    // Streams under way go on; the connection closes behind the last.
  }

  onClosed(): void {
    this.#resolveClosed();
  }
}
