/* oxlint-disable max-lines -- the wire state of one HTTP/2 connection: windows, streams and shutdown decide together */
/**
 * One HTTP/2 connection of either role over a raw socket: what is sent, when, and how it ends. What is received is judged
 * in `frame-receiver.ts`. Streams queue; everything a turn of the event loop produced leaves in one write.
 */
import type { Socket } from 'node:net';
import { readWith } from '../connect/lean-socket.ts';
import { ConnectionFault, ErrorCode } from './error-code.ts';
import { ClosedStreams, type ClosedHow } from './closed-streams.ts';
import { FloodGuard, Reward } from './flood-guard.ts';
import { DEFAULT_WINDOW, ReceiveWindow, SendWindow } from './flow-window.ts';
import { scheduleFlush, type Flushable } from './flush-queue.ts';
import {
  FRAME_HEADER_BYTES,
  Flag,
  FrameType,
  MAX_FRAME_BYTES,
  MAX_STREAM_ID,
  PREFACE,
  writeFrameHeader,
  writeUint32,
} from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { FrameReceiver } from './frame-receiver.ts';
import type { DecodeLimits, FieldSection } from './hpack/decoder.ts';
import { HpackEncoder } from './hpack/encoder.ts';
import type { HeaderField } from './hpack/header-field.ts';
import {
  CONNECTION_WINDOW_BYTES,
  DRAIN_PING,
  KEEPALIVE_PING,
  MAX_CONCURRENT_STREAMS,
  SESSION_WINDOW_BYTES,
} from './limits.ts';
import { Keepalive, type KeepaliveConnection, type KeepaliveTimes } from './keepalive.ts';
import { OutputBuffer } from './output-buffer.ts';
import { PeerSettings, SettingId, settingsPayload } from './settings.ts';
import { Http2Stream } from './stream.ts';
import { StreamTable } from './stream-table.ts';
import { TimerEntry } from '../stack/timer-wheel.ts';
import { connectionWheel } from '../stack/wheels.ts';

/** Body bytes handed to the socket per turn; more would only wait in it. */
const MAX_FLUSH_BYTES = 256 * 1024;
/** A peer that lets this much wait in our socket while it makes us answer is cut off. */
const MAX_UNREAD_BYTES = 4 << 20;
/** After GOAWAY for a fault: how long and how much we still read, so that the peer gets to see it. */
const LINGER_MS = 1000;
const LINGER_BYTES = 1 << 20;
/** An answer that was under way: its head, an empty frame that ends it, its trailers or a reset. */
const LATE_FRAMES = 3;
const DRAIN_ROUND_TRIP_MS = 1000;
const MIN_WATCH_MS = 250;

export interface ConnectionUser {
  /** Server role: a new request; set `stream.handler`. */
  onRequest(stream: Http2Stream, section: FieldSection, endStream: boolean): void;
  /** The peer's settings changed, or a stream is gone: there may be room for another. */
  onRoom(): void;
  /** The peer broke the rules and the connection ends for it. */
  onFault(fault: ConnectionFault): void;
  /** No new streams from now on. */
  onGoaway(): void;
  /** Once, when the socket is closed and all streams were told. */
  onClosed(): void;
}

export interface ConnectionOptions {
  readonly role: 'server' | 'client';
  readonly limits: DecodeLimits;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** A preface, frame or header block once begun, and a blocked write, may stand still this long. */
  readonly stallTimeoutMs: number;
  /** Without streams for this long it is closed. */
  readonly idleTimeoutMs: number;
  /** When a silent peer with work under way is asked whether it is there; absent: never. */
  readonly keepalive?: KeepaliveTimes;
}

export class Http2Connection implements Flushable, KeepaliveConnection {
  readonly role: 'server' | 'client';
  readonly socket: Socket;
  readonly user: ConnectionUser;
  readonly guard: FloodGuard;
  readonly peerSettings = new PeerSettings();
  readonly streams = new StreamTable();
  readonly closedStreams = new ClosedStreams();
  readonly encoder = new HpackEncoder();
  readonly sendWindow = new SendWindow(DEFAULT_WINDOW);
  readonly receiveWindow: ReceiveWindow;
  /** Highest stream the peer opened. */
  lastPeerStreamId = 0;
  /** Streams of the peer above this are ignored: we have said so in a GOAWAY. */
  acceptsUpTo = MAX_STREAM_ID;
  /** No new streams, by our will or the peer's. */
  isClosing = false;
  /** The final GOAWAY is out or the socket gone: nothing is read any more. */
  isDead = false;

  readonly #options: ConnectionOptions;
  readonly #output = new OutputBuffer();
  readonly #reader: FrameReader;
  readonly #receiver: FrameReceiver;
  readonly #watch: TimerEntry;
  readonly #linger: TimerEntry;
  readonly #drainTimer: TimerEntry;
  #keepalive: Keepalive | null = null;
  #ready: Http2Stream[] = [];
  /** The last DATA frame written at once in this turn, whose END_STREAM may still be set. */
  #lastDataStream: Http2Stream | null = null;
  #lastDataFlags: Buffer | null = null;
  #lastDataFlagsAt = 0;
  #nextStreamId = 1;
  /** Client role: frames that may still come for streams that we reset. */
  #lateFrames = 0;
  #prefaceBytes = 0;
  #isFlushScheduled = false;
  #isBlocked = false;
  #lingerBytes = 0;
  #isClosed = false;
  #stalledMs = 0;
  #idleMs = 0;
  #seenProgress = 0;
  #seenStreams = 0;
  #watchMs = MIN_WATCH_MS;

  constructor(socket: Socket, user: ConnectionUser, options: ConnectionOptions) {
    this.role = options.role;
    this.receiveWindow = new ReceiveWindow(windowOf(options.role));
    this.socket = socket;
    this.user = user;
    this.#options = options;
    this.guard = new FloodGuard(options.now);
    this.#receiver = new FrameReceiver(this, options.limits);
    this.#reader = new FrameReader(this.#receiver);
    this.#watch = new TimerEntry(() => this.#onWatch());
    this.#linger = new TimerEntry(() => this.socket.destroy());
    this.#drainTimer = new TimerEntry(() => this.finishDrain());
  }

  /** Sends what opens a connection and reads from now on. @param firstBytes come before what the socket still gives. */
  start(firstBytes: Buffer | null): void {
    const { socket, role } = this;
    if (role === 'client') {
      this.#output.append(PREFACE);
      this.#prefaceBytes = PREFACE.length;
    }
    this.#writeSettings();
    const increment = windowOf(role) - DEFAULT_WINDOW;
    if (increment > 0) this.writeWindowUpdate(0, increment);
    readWith(socket, (chunk: Buffer) => this.#onData(chunk));
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => this.#onEnd());
    socket.on('error', () => {});
    socket.once('close', () => this.#onClose());
    if (socket.destroyed) setImmediate(() => this.#onClose());
    this.#armWatch();
    const { keepalive } = this.#options;
    if (keepalive !== undefined) this.#keepalive = new Keepalive(this, keepalive);
    if (firstBytes !== null && firstBytes.length > 0) this.#onData(firstBytes);
    socket.resume();
  }

  get framesRead(): number {
    return this.#receiver.framesRead;
  }

  get isBusy(): boolean {
    return this.streams.size > 0;
  }

  ping(): void {
    this.writeFrame(FrameType.ping, 0, 0, KEEPALIVE_PING);
  }

  lost(): void {
    this.#cutOff('the peer answers no PING');
  }

  /** The peer has said how it wants to be spoken to. */
  get hasPeerSettings(): boolean {
    return this.#receiver.hasSettings;
  }

  /** Client role: streams that can be opened now. */
  get room(): number {
    if (this.isClosing || this.isDead || this.#nextStreamId > MAX_STREAM_ID) return 0;
    return Math.max(0, this.peerSettings.maxConcurrentStreams - this.streams.size);
  }

  /** Client role: opens a stream and writes its head. Call only when there is {@link room}. */
  open(fields: readonly HeaderField[], endStream: boolean): Http2Stream {
    const stream = this.addStream(this.#nextStreamId, false);
    this.#nextStreamId += 2;
    this.writeHead(stream, fields, endStream);
    return stream;
  }

  /** Whether a stream of our side has ever been open. */
  hasOpened(streamId: number): boolean {
    return this.role === 'client' && streamId % 2 === 1 && streamId < this.#nextStreamId;
  }

  addStream(id: number, hasHead: boolean): Http2Stream {
    const stream = new Http2Stream(this, id, this.peerSettings.initialWindowSize, hasHead);
    this.streams.add(stream);
    return stream;
  }

  // === sending

  writeHead(stream: Http2Stream, fields: readonly HeaderField[], endStream: boolean): void {
    const room = HpackEncoder.maxBytes(fields);
    const block = this.#output.reserve(room + FRAME_HEADER_BYTES);
    const start = this.#output.at + FRAME_HEADER_BYTES;
    const length = this.encoder.encode(fields, block, start) - start;
    if (length <= MAX_FRAME_BYTES) {
      const flags = Flag.endHeaders | (endStream ? Flag.endStream : 0);
      writeFrameHeader(block, this.#output.at, length, FrameType.headers, flags, stream.id);
      this.#output.commit(FRAME_HEADER_BYTES + length);
    } else
      this.#writeLongHead(Buffer.from(block.subarray(start, start + length)), stream.id, endStream);
    this.#schedule();
    if (endStream) this.#localEnd(stream);
  }

  #writeLongHead(fields: Buffer, streamId: number, endStream: boolean): void {
    for (let at = 0; at < fields.length; at += MAX_FRAME_BYTES) {
      const end = Math.min(at + MAX_FRAME_BYTES, fields.length);
      const flags =
        (end === fields.length ? Flag.endHeaders : 0) |
        (at === 0 && endStream ? Flag.endStream : 0);
      this.writeFrame(
        at === 0 ? FrameType.headers : FrameType.continuation,
        flags,
        streamId,
        fields.subarray(at, end),
      );
    }
  }

  writeFrame(type: number, flags: number, streamId: number, payload: Buffer): void {
    const block = this.#output.reserve(FRAME_HEADER_BYTES);
    writeFrameHeader(block, this.#output.at, payload.length, type, flags, streamId);
    this.#output.commit(FRAME_HEADER_BYTES);
    if (payload.length > 0) this.#output.append(payload);
    this.#schedule();
  }

  writeWindowUpdate(streamId: number, increment: number): void {
    this.#writeNumber(FrameType.windowUpdate, streamId, increment);
  }

  #writeNumber(type: number, streamId: number, value: number): void {
    const block = this.#output.reserve(FRAME_HEADER_BYTES + 4);
    writeFrameHeader(block, this.#output.at, 4, type, 0, streamId);
    writeUint32(block, this.#output.at + FRAME_HEADER_BYTES, value);
    this.#output.commit(FRAME_HEADER_BYTES + 4);
    this.#schedule();
  }

  #writeSettings(): void {
    const { maxListBytes } = this.#options.limits;
    const own =
      this.role === 'server'
        ? ([SettingId.maxConcurrentStreams, MAX_CONCURRENT_STREAMS] as const)
        : ([SettingId.enablePush, 0] as const);
    const payload = settingsPayload([own, [SettingId.maxHeaderListSize, maxListBytes]]);
    this.writeFrame(FrameType.settings, 0, 0, payload);
  }

  #writeGoaway(lastStreamId: number, code: number, message: string): void {
    const payload = Buffer.alloc(8 + message.length);
    writeUint32(payload, 0, lastStreamId);
    writeUint32(payload, 4, code);
    payload.write(message, 8, 'latin1');
    this.writeFrame(FrameType.goaway, 0, 0, payload);
  }

  /** The stream has something to send, or windows opened. */
  markReady(stream: Http2Stream): void {
    if (stream.isReady) return;
    stream.isReady = true;
    this.#ready.push(stream);
    this.#schedule();
  }

  /** Called when the connection's send window opened. */
  wake(): void {
    if (this.#ready.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#isFlushScheduled || this.#isClosed) return;
    this.#isFlushScheduled = true;
    scheduleFlush(this);
  }

  flushNow(): void {
    this.#isFlushScheduled = false;
    if (this.#isClosed) return;
    if (!this.#isBlocked) this.#pump();
    this.#lastDataStream = null;
    this.#lastDataFlags = null;
    if (!this.#output.flush(this.socket)) this.#isBlocked = true;
    if (this.socket.writableLength > MAX_UNREAD_BYTES)
      this.#cutOff('answers pile up that the peer does not read');
    if (this.isDead) return;
    if (this.isClosing && this.streams.size === 0) this.#finish();
  }

  /** Writes DATA of all ready streams, a frame each in turn, until windows or the turn's share are used up. */
  #pump(): void {
    let moved = true;
    while (moved && this.#ready.length > 0) {
      moved = false;
      const round = this.#ready;
      this.#ready = [];
      for (const stream of round) {
        if (this.#output.pendingBytes >= MAX_FLUSH_BYTES) this.#ready.push(stream);
        else if (this.#sendSome(stream)) moved = true;
      }
    }
    // Stopped by this turn's share alone: go on in the next.
    if (this.#output.pendingBytes >= MAX_FLUSH_BYTES) this.#schedule();
  }

  /** One frame of a stream. @returns whether anything was written. */
  #sendSome(stream: Http2Stream): boolean {
    if (stream.isAborted || stream.localEnded) {
      stream.isReady = false;
      return false;
    }
    const chunk = stream.queue[0];
    if (chunk === undefined) {
      stream.isReady = false;
      if (!stream.endQueued) return false;
      this.#sendEnd(stream);
      return true;
    }
    const windowed = Math.min(stream.sendWindow, MAX_FRAME_BYTES);
    if (windowed <= 0) {
      stream.isReady = false;
      return false;
    }
    const bytes = Math.min(windowed, chunk.length, this.sendWindow.available);
    this.#ready.push(stream);
    if (bytes <= 0) return false;
    this.#sendData(stream, chunk, bytes);
    return true;
  }

  #sendData(stream: Http2Stream, chunk: Buffer, bytes: number): void {
    stream.sendWindow -= bytes;
    this.sendWindow.available -= bytes;
    stream.queuedBytes -= bytes;
    if (bytes === chunk.length) stream.queue.shift();
    else stream.queue[0] = chunk.subarray(bytes);
    const isLast = stream.endQueued && stream.queue.length === 0 && stream.trailersQueued === null;
    const payload = bytes === chunk.length ? chunk : chunk.subarray(0, bytes);
    this.writeFrame(FrameType.data, isLast ? Flag.endStream : 0, stream.id, payload);
    this.#earnFor(bytes);
    stream.handler.onSent(bytes);
    if (isLast && !stream.isAborted) this.#localEnd(stream);
  }

  #earnFor(bytes: number): void {
    this.guard.earn(bytes >= 1024 ? Reward.data : bytes >= 64 ? Reward.smallData : Reward.tinyData);
  }

  /** Writes a stream's first waiting bytes without the queue. @returns false where they have to wait, or for their turn. */
  sendAtOnce(stream: Http2Stream, chunk: Buffer): boolean {
    const bytes = chunk.length;
    const room = Math.min(stream.sendWindow, this.sendWindow.available, MAX_FRAME_BYTES);
    if (bytes > room || this.#isBlocked || this.#isClosed || this.#ready.length > 0) return false;
    if (this.#output.pendingBytes >= MAX_FLUSH_BYTES) return false;
    stream.sendWindow -= bytes;
    this.sendWindow.available -= bytes;
    const block = this.#output.reserve(FRAME_HEADER_BYTES);
    this.#lastDataStream = stream;
    this.#lastDataFlags = block;
    this.#lastDataFlagsAt = this.#output.at + FLAGS_AT;
    this.writeFrame(FrameType.data, 0, stream.id, chunk);
    this.#earnFor(bytes);
    stream.handler.onSent(bytes);
    return true;
  }

  /** Ends a stream that has nothing waiting: in its last frame where that has not left yet. */
  endAtOnce(stream: Http2Stream): void {
    const isInReach = this.#lastDataStream === stream && stream.trailersQueued === null;
    if (!isInReach || this.#lastDataFlags === null) return this.#sendEnd(stream);
    this.#lastDataFlags[this.#lastDataFlagsAt] = Flag.endStream;
    this.#lastDataStream = null;
    this.#localEnd(stream);
  }

  #sendEnd(stream: Http2Stream): void {
    if (stream.trailersQueued !== null) this.writeHead(stream, stream.trailersQueued, true);
    else {
      this.writeFrame(FrameType.data, Flag.endStream, stream.id, EMPTY);
      this.#localEnd(stream);
    }
  }

  // === ends of streams

  #localEnd(stream: Http2Stream): void {
    stream.localEnded = true;
    if (stream.remoteEnded) this.#remove(stream, 'ended');
    stream.handler.onSendEnd();
  }

  /** The peer sent END_STREAM; the caller tells the handler. */
  remoteEnd(stream: Http2Stream): void {
    stream.remoteEnded = true;
    if (stream.localEnded) this.#remove(stream, 'ended');
  }

  #remove(stream: Http2Stream, how: ClosedHow): void {
    if (!this.streams.remove(stream)) return;
    this.closedStreams.add(stream.id, how);
    if (how === 'ended') this.guard.earn(Reward.stream);
    if (this.isClosing && this.streams.size === 0) this.#schedule();
    this.user.onRoom();
  }

  /** Sends RST_STREAM; the handler hears nothing. */
  resetStream(stream: Http2Stream, code: number): void {
    if (this.role === 'client' && !stream.remoteEnded) this.#lateFrames += LATE_FRAMES;
    this.writeReset(stream.id, code);
    this.#abort(stream, 'reset-by-us');
  }

  /** Client role: whether a frame of a stream that is gone belongs to the answer of one we reset. */
  takeLateFrame(): boolean {
    if (this.#lateFrames === 0) return false;
    this.#lateFrames -= 1;
    return true;
  }

  writeReset(streamId: number, code: number): void {
    this.#writeNumber(FrameType.rstStream, streamId, code);
  }

  /** The peer took the stream back or the peer's mistake ended it. */
  dropStream(
    stream: Http2Stream,
    code: number | null,
    isUnprocessed: boolean,
    how: ClosedHow,
  ): void {
    this.#abort(stream, how);
    stream.handler.onReset(code, isUnprocessed);
  }

  #abort(stream: Http2Stream, how: ClosedHow): void {
    if (stream.isAborted) return;
    stream.abort();
    // Bytes that were not passed on will not be: the connection's window gets them back here.
    this.#giveBackConnection(stream.unconsumedBytes);
    this.#remove(stream, how);
  }

  /** Opens both windows by bytes that were passed on. */
  giveBack(stream: Http2Stream, bytes: number): void {
    this.#giveBackConnection(bytes);
    if (stream.remoteEnded) return;
    const increment = stream.giveBackReceived(bytes);
    if (increment > 0) this.writeWindowUpdate(stream.id, increment);
  }

  #giveBackConnection(bytes: number): void {
    if (bytes === 0 || this.isDead) return;
    const increment = this.receiveWindow.giveBack(bytes);
    if (increment > 0) this.writeWindowUpdate(0, increment);
  }

  /** Received bytes nobody wants (padding, DATA of reset streams). */
  discard(bytes: number): void {
    this.#giveBackConnection(bytes);
  }

  // === end of the connection

  /** Finishes what is under way and closes. A server first lets the streams now on their way arrive. */
  drain(): void {
    if (this.isClosing || this.isDead) return;
    if (this.role === 'client') {
      this.isClosing = true;
      this.#schedule();
      return;
    }
    this.#writeGoaway(MAX_STREAM_ID, ErrorCode.noError, '');
    this.writeFrame(FrameType.ping, 0, 0, DRAIN_PING);
    connectionWheel.schedule(this.#drainTimer, performance.now() + DRAIN_ROUND_TRIP_MS);
  }

  /** The peer has seen our first GOAWAY (its PING answer came), or had time to. */
  finishDrain(): void {
    connectionWheel.cancel(this.#drainTimer);
    if (this.isClosing || this.isDead || this.role === 'client') return;
    this.isClosing = true;
    this.acceptsUpTo = this.lastPeerStreamId;
    this.#writeGoaway(this.acceptsUpTo, ErrorCode.noError, '');
    this.#schedule();
  }

  /** True while an answered PING ends the first step of {@link drain}. */
  get isDraining(): boolean {
    return this.#drainTimer.slot !== -1;
  }

  /** The peer opens or takes no more streams; those under way go on. */
  peerGoesAway(lastStreamId: number): void {
    const wasClosing = this.isClosing;
    this.isClosing = true;
    if (this.role === 'client') {
      this.streams.forEach((stream) => {
        if (stream.id > lastStreamId) this.dropStream(stream, null, true, 'reset-by-peer');
      });
    }
    if (!wasClosing) this.user.onGoaway();
    this.#schedule();
  }

  /** Ends the connection for the peer's fault (or ours): GOAWAY, then close. */
  fail(fault: ConnectionFault): void {
    if (this.isDead) return;
    this.user.onFault(fault);
    this.#writeGoaway(this.lastPeerStreamId, fault.code, fault.message);
    this.#die();
  }

  /** Closes at once: the peer would not read a GOAWAY. */
  #cutOff(reason: string): void {
    if (!this.isDead) this.user.onFault(new ConnectionFault(ErrorCode.enhanceYourCalm, reason));
    this.socket.destroy();
  }

  #finish(): void {
    if (this.role === 'client') this.#writeGoaway(0, ErrorCode.noError, '');
    this.#die();
  }

  #die(): void {
    this.isDead = true;
    this.isClosing = true;
    this.#reader.stop();
    this.#output.flush(this.socket);
    this.socket.end();
    connectionWheel.schedule(this.#linger, performance.now() + LINGER_MS);
    this.user.onGoaway();
    this.#loseStreams();
  }

  #loseStreams(): void {
    this.streams.forEach((stream) => this.dropStream(stream, null, false, 'reset-by-peer'));
  }

  #onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.isClosing = true;
    this.isDead = true;
    this.#reader.stop();
    for (const timer of [this.#watch, this.#linger, this.#drainTimer])
      connectionWheel.cancel(timer);
    this.#keepalive?.stop();
    this.#loseStreams();
    this.user.onClosed();
  }

  // === reading

  #onData(chunk: Buffer): void {
    if (this.isDead) {
      this.#lingerBytes += chunk.length;
      if (this.#lingerBytes > LINGER_BYTES) this.socket.destroy();
      return;
    }
    try {
      const frames = this.#prefaceBytes === PREFACE.length ? chunk : this.#readPreface(chunk);
      if (frames.length > 0) this.#reader.read(frames);
    } catch (error) {
      const isPeersFault = error instanceof ConnectionFault;
      this.fail(
        isPeersFault ? error : new ConnectionFault(ErrorCode.internalError, 'internal error'),
      );
      if (!isPeersFault) throw error;
    }
  }

  #readPreface(chunk: Buffer): Buffer {
    const bytes = Math.min(chunk.length, PREFACE.length - this.#prefaceBytes);
    const wanted = PREFACE.subarray(this.#prefaceBytes, this.#prefaceBytes + bytes);
    if (!wanted.equals(chunk.subarray(0, bytes))) {
      throw new ConnectionFault(ErrorCode.protocolError, 'this is not the HTTP/2 preface');
    }
    this.#prefaceBytes += bytes;
    return chunk.subarray(bytes);
  }

  #onDrain(): void {
    this.#isBlocked = false;
    this.wake();
  }

  #onEnd(): void {
    // HTTP/2 has no half-closed connections: whoever stops sending has gone.
    if (this.isDead) return;
    this.#die();
  }

  // === watching

  #armWatch(): void {
    const { stallTimeoutMs, idleTimeoutMs } = this.#options;
    const periodMs = Math.max(MIN_WATCH_MS, Math.min(stallTimeoutMs, idleTimeoutMs) / 4);
    this.#watchMs = periodMs;
    connectionWheel.schedule(this.#watch, performance.now() + periodMs);
  }

  #onWatch(): void {
    if (this.#isStalled()) {
      this.#cutOff('a frame, a header block or a read stood still for too long');
      return;
    }
    const streamsEver = this.lastPeerStreamId + this.#nextStreamId;
    const isIdle = this.streams.size === 0 && streamsEver === this.#seenStreams;
    this.#seenStreams = streamsEver;
    this.#idleMs = isIdle ? this.#idleMs + this.#watchMs : 0;
    if (this.#idleMs >= this.#options.idleTimeoutMs) {
      if (this.role === 'server') this.finishDrain();
      else this.drain();
    }
    connectionWheel.schedule(this.#watch, performance.now() + this.#watchMs);
  }

  #isStalled(): boolean {
    const { socket } = this;
    const isWaiting =
      this.#reader.isPartial ||
      this.#receiver.isMidway ||
      this.#isBlocked ||
      this.#prefaceBytes < PREFACE.length;
    const progress = this.#receiver.framesRead + (socket.bytesWritten - socket.writableLength);
    const stoodStill = isWaiting && progress === this.#seenProgress;
    this.#seenProgress = progress;
    this.#stalledMs = stoodStill ? this.#stalledMs + this.#watchMs : 0;
    return this.#stalledMs >= this.#options.stallTimeoutMs;
  }
}

const EMPTY = Buffer.alloc(0);
/** Where a frame's flags stand in its header. */
const FLAGS_AT = 4;

function windowOf(role: Http2Connection['role']): number {
  return role === 'client' ? SESSION_WINDOW_BYTES : CONNECTION_WINDOW_BYTES;
}
