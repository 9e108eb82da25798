/* oxlint-disable max-lines -- RFC 9113's rules for each frame type, one method each, share the state of a header block */
/**
 * Judges what a peer sends by RFC 9113 sections 5 and 6 and tells streams. Mistakes in a stream reset it; mistakes that
 * leave the connection's state in doubt end the connection.
 */
import { ConnectionFault, ErrorCode } from './error-code.ts';
import type { Http2Connection } from './connection.ts';
import { Cost } from './flood-guard.ts';
import { Flag, FrameType, readUint31, readUint32 } from './frame.ts';
import type { FrameHandler } from './frame-reader.ts';
import { HpackDecoder, type DecodeLimits, type FieldSection } from './hpack/decoder.ts';
import { DRAIN_PING, MAX_CONCURRENT_STREAMS } from './limits.ts';
import { deafHandler, type Http2Stream, type StreamHandler } from './stream.ts';
import { checkTrailers } from './field-rules.ts';

/** Compressed bytes of one header block, over all its CONTINUATION frames. */
const MAX_BLOCK_BYTES = 64 * 1024;

/** A request whose head has come and that has not begun. */
interface HeldRequest {
  readonly stream: Http2Stream;
  readonly section: FieldSection;
  readonly endStream: boolean;
}

/** Of a stream whose request has not begun: it may be reset, which then nobody needs to hear. */
const heldHandler: StreamHandler = { ...deafHandler };

export class FrameReceiver implements FrameHandler {
  /** Frames taken so far. */
  framesRead = 0;
  /** The peer's first SETTINGS has come. */
  hasSettings = false;
  readonly #connection: Http2Connection;
  readonly #decoder: HpackDecoder;
  /** Stream of the header block under way, 0 for none. */
  #blockStreamId = 0;
  #blockFlags = 0;
  #blockParts: Buffer[] = [];
  #blockBytes = 0;
  /**
   * Requests of the read under way. They begin at its end, so that one that is reset within the same read costs nobody but us: a
   * rapid reset (CVE-2023-44487) must not make the endpoint end the connection that others' requests share.
   */
  #held: HeldRequest[] = [];

  constructor(connection: Http2Connection, limits: DecodeLimits) {
    this.#connection = connection;
    this.#decoder = new HpackDecoder(limits);
  }

  /** A header block has begun and not ended. */
  get isMidway(): boolean {
    return this.#blockStreamId !== 0;
  }

  /** Begins the requests of a read that is over. @throws ConnectionFault as {@link frame}. */
  endOfRead(): void {
    if (this.#held.length === 0) return;
    const held = this.#held;
    this.#held = [];
    for (const request of held) this.#begin(request);
  }

  #begin({ stream, section, endStream }: HeldRequest): void {
    if (stream.isAborted || stream.handler !== heldHandler) return;
    stream.handler = deafHandler;
    this.#connection.user.onRequest(stream, section, endStream);
  }

  /** Before what belongs to a request: it has to begin first. */
  #beginHeld(id: number): void {
    const request = this.#held.find(({ stream }) => stream.id === id);
    if (request !== undefined) this.#begin(request);
  }

  frame(type: number, flags: number, id: number, buffer: Buffer, start: number, end: number): void {
    this.framesRead += 1;
    if (
      this.#blockStreamId !== 0 &&
      (type !== FrameType.continuation || id !== this.#blockStreamId)
    ) {
      throw protocolFault('another frame stands inside a header block');
    }
    if (!this.hasSettings && type !== FrameType.settings)
      throw protocolFault('SETTINGS must come first');
    switch (type) {
      case FrameType.data:
        return this.#data(flags, id, buffer, start, end);
      case FrameType.headers:
        return this.#headers(flags, id, buffer, start, end);
      case FrameType.continuation:
        return this.#continuation(flags, id, buffer, start, end);
      case FrameType.rstStream:
        return this.#rstStream(id, buffer, start, end);
      case FrameType.settings:
        return this.#settings(flags, id, buffer, start, end);
      case FrameType.windowUpdate:
        return this.#windowUpdate(id, buffer, start, end);
      case FrameType.ping:
        return this.#ping(flags, id, buffer, start, end);
      case FrameType.goaway:
        return this.#goaway(id, buffer, start, end);
      case FrameType.priority:
        return this.#priority(id, buffer, start, end);
      case FrameType.pushPromise:
        throw protocolFault('PUSH_PROMISE was never allowed');
      default:
        return this.#spend(Cost.control);
    }
  }

  #spend(points: number): void {
    if (!this.#connection.guard.spend(points)) {
      throw new ConnectionFault(ErrorCode.enhanceYourCalm, 'too many frames that do nothing');
    }
  }

  /** For a frame of a stream that is gone: no fault of a server whose answer was under way when we reset the stream. */
  #spendForLate(): void {
    if (!this.#connection.takeLateFrame()) this.#spend(Cost.control);
  }

  /** Ends a stream for the peer's mistake. */
  #streamFault(stream: Http2Stream, code: number): void {
    this.#connection.writeReset(stream.id, code);
    this.#connection.dropStream(stream, code, false, 'reset-by-us');
    this.#spend(Cost.streamError);
  }

  #isIdle(id: number): boolean {
    const connection = this.#connection;
    if (connection.role === 'client') return !connection.hasOpened(id);
    return id % 2 === 0 || id > connection.lastPeerStreamId;
  }

  // === DATA

  #data(flags: number, id: number, buffer: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolFault('DATA on stream 0');
    const connection = this.#connection;
    const flowBytes = end - start;
    const from = (flags & Flag.padded) === 0 ? start : start + 1;
    const to = (flags & Flag.padded) === 0 ? end : end - paddingOf(buffer, start, end);
    const bytes = to - from;
    if (!connection.receiveWindow.take(flowBytes)) {
      throw new ConnectionFault(ErrorCode.flowControlError, 'DATA beyond the connection window');
    }
    if (this.#held.length > 0) this.#beginHeld(id);
    const stream = connection.streams.get(id);
    if (stream === undefined) return this.#dataOnNoStream(id, flowBytes);
    if (stream.remoteEnded || !stream.hasHead) {
      connection.discard(flowBytes);
      return this.#streamFault(
        stream,
        stream.remoteEnded ? ErrorCode.streamClosed : ErrorCode.protocolError,
      );
    }
    if (!stream.takeReceived(flowBytes)) {
      connection.discard(flowBytes);
      return this.#streamFault(stream, ErrorCode.flowControlError);
    }
    stream.unconsumedBytes += flowBytes;
    if (flowBytes > bytes) stream.consumed(flowBytes - bytes);
    const endStream = (flags & Flag.endStream) !== 0;
    if (!keepsContentLength(stream, bytes, endStream)) {
      return this.#streamFault(stream, ErrorCode.protocolError);
    }
    if (bytes > 0) stream.handler.onData(buffer.subarray(from, to));
    else if (!endStream) this.#spend(Cost.emptyData);
    if (endStream && !stream.isAborted) this.#remoteEnd(stream);
  }

  #dataOnNoStream(id: number, flowBytes: number): void {
    const connection = this.#connection;
    connection.discard(flowBytes);
    if (this.#isIdle(id)) throw protocolFault('DATA on an idle stream');
    if (id > connection.acceptsUpTo || this.#mayBeReset(id)) {
      if (flowBytes === 0) this.#spendForLate();
      return;
    }
    throw new ConnectionFault(ErrorCode.streamClosed, 'DATA on a closed stream');
  }

  /** Whether we reset the stream. A client that resets many at once does not remember them until the last answer has come. */
  #mayBeReset(id: number): boolean {
    const how = this.#connection.closedStreams.get(id);
    return how === 'reset-by-us' || (how === undefined && this.#connection.role === 'client');
  }

  #remoteEnd(stream: Http2Stream): void {
    this.#connection.remoteEnd(stream);
    stream.handler.onEnd();
  }

  // === HEADERS and CONTINUATION

  #headers(flags: number, id: number, buffer: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolFault('HEADERS on stream 0');
    let from = start;
    let to = end;
    if ((flags & Flag.padded) !== 0) {
      to = end - paddingOf(buffer, start, end);
      from += 1;
    }
    if ((flags & Flag.priority) !== 0) {
      if (to - from < 5)
        throw new ConnectionFault(ErrorCode.frameSizeError, 'HEADERS too short for its priority');
      if (readUint31(buffer, from) === id) throw protocolFault('a stream depends on itself');
      from += 5;
    }
    if ((flags & Flag.endHeaders) !== 0) return this.#block(flags, id, buffer, from, to);
    this.#blockStreamId = id;
    this.#blockFlags = flags;
    // A copy, as the fragments outlive the read they came with.
    this.#blockParts = [Buffer.from(buffer.subarray(from, to))];
    this.#blockBytes = to - from;
  }

  #continuation(flags: number, id: number, buffer: Buffer, start: number, end: number): void {
    if (this.#blockStreamId === 0) throw protocolFault('CONTINUATION without HEADERS');
    const isLast = (flags & Flag.endHeaders) !== 0;
    this.#blockBytes += end - start;
    if (this.#blockBytes > MAX_BLOCK_BYTES) {
      throw new ConnectionFault(
        ErrorCode.enhanceYourCalm,
        `a header block is over ${MAX_BLOCK_BYTES} bytes`,
      );
    }
    // Fragments far below the frame size only serve to make us work.
    if (!isLast && end - start < 128) this.#spend(Cost.emptyContinuation);
    this.#blockParts.push(Buffer.from(buffer.subarray(start, end)));
    if (!isLast) return;
    const block = Buffer.concat(this.#blockParts);
    this.#blockStreamId = 0;
    this.#blockParts = [];
    this.#block(this.#blockFlags, id, block, 0, block.length);
  }

  #block(flags: number, id: number, buffer: Buffer, start: number, end: number): void {
    const connection = this.#connection;
    const section = this.#decoder.decode(buffer, start, end);
    const endStream = (flags & Flag.endStream) !== 0;
    if (section.isTooLarge) this.#spend(Cost.oversizedHead);
    if (this.#held.length > 0) this.#beginHeld(id);
    const stream = connection.streams.get(id);
    if (stream !== undefined) return this.#laterBlock(stream, section, endStream);
    if (connection.role === 'server' && id % 2 === 1 && id > connection.lastPeerStreamId) {
      return this.#request(id, section, endStream);
    }
    this.#blockOnNoStream(id);
  }

  #request(id: number, section: FieldSection, endStream: boolean): void {
    const connection = this.#connection;
    connection.lastPeerStreamId = id;
    if (id > connection.acceptsUpTo) return;
    if (connection.streams.size >= MAX_CONCURRENT_STREAMS) {
      connection.closedStreams.add(id, 'reset-by-us');
      connection.writeReset(id, ErrorCode.refusedStream);
      return this.#spend(Cost.streamError);
    }
    const stream = connection.addStream(id, true);
    if (endStream) stream.remoteEnded = true;
    // Refused at once, by us alone.
    if (section.isTooLarge) return connection.user.onRequest(stream, section, endStream);
    stream.handler = heldHandler;
    this.#held.push({ stream, section, endStream });
  }

  #laterBlock(stream: Http2Stream, section: FieldSection, endStream: boolean): void {
    if (stream.remoteEnded) return this.#streamFault(stream, ErrorCode.streamClosed);
    if (!stream.hasHead) {
      if (endStream) this.#connection.remoteEnd(stream);
      stream.handler.onHead(section, endStream);
      return;
    }
    const isSound = endStream && !section.isTooLarge && checkTrailers(section.fields);
    if (!isSound || !keepsContentLength(stream, 0, true)) {
      return this.#streamFault(stream, ErrorCode.protocolError);
    }
    this.#connection.remoteEnd(stream);
    stream.handler.onTrailers(section.fields);
  }

  #blockOnNoStream(id: number): void {
    const connection = this.#connection;
    if (this.#isIdle(id))
      throw protocolFault(`HEADERS on stream ${id}, which is not the peer's to open`);
    if (id > connection.acceptsUpTo) return;
    if (this.#mayBeReset(id)) return this.#spendForLate();
    if (connection.closedStreams.get(id) === undefined) throw protocolFault('stream ids must grow');
    throw new ConnectionFault(ErrorCode.streamClosed, 'HEADERS on a closed stream');
  }

  // === control frames

  #rstStream(id: number, buffer: Buffer, start: number, end: number): void {
    if (end - start !== 4)
      throw new ConnectionFault(ErrorCode.frameSizeError, 'RST_STREAM must have 4 bytes');
    if (id === 0 || this.#isIdle(id)) throw protocolFault('RST_STREAM on an idle stream');
    const connection = this.#connection;
    const stream = connection.streams.get(id);
    if (stream === undefined) return this.#spendForLate();
    const code = readUint32(buffer, start);
    connection.dropStream(stream, code, code === ErrorCode.refusedStream, 'reset-by-peer');
    // A client's session opened the stream itself: resets cost its server nothing.
    if (connection.role === 'server')
      this.#spend(stream.headSent ? Cost.lateReset : Cost.earlyReset);
  }

  #settings(flags: number, id: number, buffer: Buffer, start: number, end: number): void {
    if (id !== 0) throw protocolFault('SETTINGS on a stream');
    const connection = this.#connection;
    if ((flags & Flag.ack) !== 0) {
      if (end !== start)
        throw new ConnectionFault(ErrorCode.frameSizeError, 'SETTINGS with ACK must be empty');
      return this.#spend(Cost.control);
    }
    if ((end - start) % 6 !== 0) {
      throw new ConnectionFault(ErrorCode.frameSizeError, 'SETTINGS must be a multiple of 6 bytes');
    }
    this.#spend(Cost.control);
    const settings = connection.peerSettings;
    const windowBefore = settings.initialWindowSize;
    settings.apply(buffer, start, end);
    this.hasSettings = true;
    connection.setHeaderTableSize(settings.headerTableSize);
    this.#shiftWindows(settings.initialWindowSize - windowBefore);
    connection.writeFrame(FrameType.settings, Flag.ack, 0, EMPTY);
    connection.user.onRoom();
  }

  #shiftWindows(bytes: number): void {
    if (bytes === 0) return;
    this.#connection.streams.forEach((stream) => {
      if (!stream.growSendWindow(bytes)) {
        throw new ConnectionFault(
          ErrorCode.flowControlError,
          'SETTINGS made a stream window overflow',
        );
      }
      if (stream.queuedBytes > 0) this.#connection.data.markReady(stream);
    });
  }

  #windowUpdate(id: number, buffer: Buffer, start: number, end: number): void {
    if (end - start !== 4)
      throw new ConnectionFault(ErrorCode.frameSizeError, 'WINDOW_UPDATE must have 4 bytes');
    this.#spend(Cost.control);
    const increment = readUint31(buffer, start);
    const connection = this.#connection;
    if (id === 0) {
      if (increment === 0) throw protocolFault('WINDOW_UPDATE of 0');
      if (!connection.data.window.grow(increment)) {
        throw new ConnectionFault(
          ErrorCode.flowControlError,
          'the connection window passes 2^31-1',
        );
      }
      return connection.data.wake();
    }
    if (this.#isIdle(id)) throw protocolFault('WINDOW_UPDATE on an idle stream');
    const stream = connection.streams.get(id);
    if (stream === undefined) return;
    if (increment === 0) return this.#streamFault(stream, ErrorCode.protocolError);
    if (!stream.growSendWindow(increment))
      return this.#streamFault(stream, ErrorCode.flowControlError);
    if (stream.queuedBytes > 0) connection.data.markReady(stream);
  }

  #ping(flags: number, id: number, buffer: Buffer, start: number, end: number): void {
    if (id !== 0) throw protocolFault('PING on a stream');
    if (end - start !== 8)
      throw new ConnectionFault(ErrorCode.frameSizeError, 'PING must have 8 bytes');
    this.#spend(Cost.control);
    const payload = buffer.subarray(start, end);
    if ((flags & Flag.ack) === 0) {
      this.#connection.writeFrame(FrameType.ping, Flag.ack, 0, payload);
    } else if (this.#connection.isDraining && payload.equals(DRAIN_PING)) {
      this.#connection.finishDrain();
    }
  }

  #goaway(id: number, buffer: Buffer, start: number, end: number): void {
    if (id !== 0) throw protocolFault('GOAWAY on a stream');
    if (end - start < 8)
      throw new ConnectionFault(ErrorCode.frameSizeError, 'GOAWAY must have 8 bytes');
    this.#spend(Cost.control);
    this.#connection.peerGoesAway(readUint31(buffer, start));
  }

  #priority(id: number, buffer: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolFault('PRIORITY on stream 0');
    if (end - start !== 5) {
      const stream = this.#connection.streams.get(id);
      if (stream !== undefined) return this.#streamFault(stream, ErrorCode.frameSizeError);
      throw new ConnectionFault(ErrorCode.frameSizeError, 'PRIORITY must have 5 bytes');
    }
    if (readUint31(buffer, start) === id) throw protocolFault('a stream depends on itself');
    this.#spend(Cost.control);
  }
}

const EMPTY = Buffer.alloc(0);

function protocolFault(message: string): ConnectionFault {
  return new ConnectionFault(ErrorCode.protocolError, message);
}

/** Pad length byte plus padding, to be cut off both ends. */
function paddingOf(buffer: Buffer, start: number, end: number): number {
  if (start === end) throw new ConnectionFault(ErrorCode.frameSizeError, 'a padded frame is empty');
  const padding = buffer[start] as number;
  if (padding >= end - start) throw protocolFault('padding is longer than its frame');
  return padding;
}

/** Counts body bytes against `content-length` (RFC 9113 section 8.1.1). */
function keepsContentLength(stream: Http2Stream, bytes: number, endStream: boolean): boolean {
  if (stream.bodyBytesLeft === -1) return true;
  stream.bodyBytesLeft -= bytes;
  return endStream ? stream.bodyBytesLeft === 0 : stream.bodyBytesLeft >= 0;
}
