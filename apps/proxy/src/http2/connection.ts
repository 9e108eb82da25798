/**
 * One HTTP/2 connection of either role over a raw socket: what is sent, when, and how it ends. What is received is judged
 * in `frame-receiver.ts`. Streams queue; everything a turn of the event loop produced leaves in one write.
 */
import type { Socket } from 'node:net';
import { readWith } from '../connect/lean-socket.ts';
import { ConnectionWatch, type WatchTimes, type WatchedConnection } from './connection-watch.ts';
import { ConnectionFault, ErrorCode } from './error-code.ts';
import { DataSender, type DataConnection } from './data-sender.ts';
import { ClosedStreams, type ClosedHow } from './closed-streams.ts';
import { FloodGuard, Reward } from './flood-guard.ts';
import { DEFAULT_WINDOW, ReceiveWindow } from './flow-window.ts';
import { scheduleFlush, type Flushable } from './flush-queue.ts';
import { FrameType, MAX_STREAM_ID, PREFACE } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { FrameReceiver } from './frame-receiver.ts';
import { FrameWriter } from './frame-writer.ts';
import type { DecodeLimits, FieldSection } from './hpack/decoder.ts';
import type { HeaderField } from './hpack/header-field.ts';
import {
  CONNECTION_WINDOW_BYTES,
  DRAIN_PING,
  KEEPALIVE_PING,
  MAX_CONCURRENT_STREAMS,
  SESSION_WINDOW_BYTES,
} from './limits.ts';
import { Keepalive, type KeepaliveConnection, type KeepaliveTimes } from './keepalive.ts';
import { PeerSettings, SettingId, settingsPayload } from './settings.ts';
import { Http2Stream } from './stream.ts';
import { StreamTable } from './stream-table.ts';
import { TimerEntry } from '../stack/timer-wheel.ts';
import { connectionWheel } from '../stack/wheels.ts';

/** A peer that lets this much wait in our socket while it makes us answer is cut off. */
const MAX_UNREAD_BYTES = 4 << 20;
/** After GOAWAY for a fault: how long and how much we still read, so that the peer gets to see it. */
const LINGER_MS = 1000;
const LINGER_BYTES = 1 << 20;
/** An answer that was under way: its head, an empty frame that ends it, its trailers or a reset. */
const LATE_FRAMES = 3;
const DRAIN_ROUND_TRIP_MS = 1000;

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

export interface ConnectionOptions extends WatchTimes {
  readonly role: 'server' | 'client';
  readonly limits: DecodeLimits;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** When a silent peer with work under way is asked whether it is there; absent: never. */
  readonly keepalive?: KeepaliveTimes;
}

export class Http2Connection
  implements Flushable, KeepaliveConnection, WatchedConnection, DataConnection
{
  readonly role: 'server' | 'client';
  readonly socket: Socket;
  readonly user: ConnectionUser;
  readonly guard: FloodGuard;
  readonly peerSettings = new PeerSettings();
  readonly streams = new StreamTable();
  readonly closedStreams = new ClosedStreams();
  readonly data: DataSender;
  readonly receiveWindow: ReceiveWindow;
  /** Highest stream the peer opened. */
  lastPeerStreamId = 0;
  /** Streams of the peer above this are ignored: we have said so in a GOAWAY. */
  acceptsUpTo = MAX_STREAM_ID;
  /** No new streams, by our will or the peer's. */
  isClosing = false;
  /** The final GOAWAY is out or the socket gone: nothing is read any more. */
  isDead = false;
  /** The socket has not taken all that was written. */
  isBlocked = false;

  readonly #options: ConnectionOptions;
  readonly #writer = new FrameWriter(() => this.schedule());
  readonly #reader: FrameReader;
  readonly #receiver: FrameReceiver;
  readonly #watch: ConnectionWatch;
  readonly #linger: TimerEntry;
  readonly #drainTimer: TimerEntry;
  #keepalive: Keepalive | null = null;
  #nextStreamId = 1;
  /** Client role: frames that may still come for streams that we reset. */
  #lateFrames = 0;
  #prefaceBytes = 0;
  #isFlushScheduled = false;
  #lingerBytes = 0;
  #isClosed = false;

  constructor(socket: Socket, user: ConnectionUser, options: ConnectionOptions) {
    this.role = options.role;
    this.receiveWindow = new ReceiveWindow(windowOf(options.role));
    this.socket = socket;
    this.user = user;
    this.#options = options;
    this.guard = new FloodGuard(options.now);
    this.data = new DataSender(this, this.#writer, this.guard);
    this.#receiver = new FrameReceiver(this, options.limits);
    this.#reader = new FrameReader(this.#receiver);
    this.#watch = new ConnectionWatch(this, options);
    this.#linger = new TimerEntry(() => this.socket.destroy());
    this.#drainTimer = new TimerEntry(() => this.finishDrain());
  }

  /** Sends what opens a connection and reads from now on. @param firstBytes come before what the socket still gives. */
  start(firstBytes: Buffer | null): void {
    const { socket, role } = this;
    if (role === 'client') {
      this.#writer.preface();
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
    this.#watch.start();
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
    this.#writer.head(stream.id, fields, endStream);
    if (endStream) this.localEnd(stream);
  }

  writeFrame(type: number, flags: number, streamId: number, payload: Buffer): void {
    this.#writer.frame(type, flags, streamId, payload);
  }

  writeWindowUpdate(streamId: number, increment: number): void {
    this.#writer.number(FrameType.windowUpdate, streamId, increment);
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  setHeaderTableSize(bytes: number): void {
    this.#writer.encoder.setMaxTableSize(bytes);
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

  schedule(): void {
    if (this.#isFlushScheduled || this.#isClosed) return;
    this.#isFlushScheduled = true;
    scheduleFlush(this);
  }

  flushNow(): void {
    this.#isFlushScheduled = false;
    if (this.#isClosed) return;
    if (!this.isBlocked) this.data.pump();
    if (!this.#writer.flush(this.socket)) this.isBlocked = true;
    if (this.socket.writableLength > MAX_UNREAD_BYTES)
      this.#cutOff('answers pile up that the peer does not read');
    if (this.isDead) return;
    if (this.isClosing && this.streams.size === 0) this.#finish();
  }

  // === ends of streams

  /** Our END_STREAM is written. */
  localEnd(stream: Http2Stream): void {
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
    if (this.isClosing && this.streams.size === 0) this.schedule();
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
    this.#writer.number(FrameType.rstStream, streamId, code);
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
      this.schedule();
      return;
    }
    this.#writer.goaway(MAX_STREAM_ID, ErrorCode.noError, '');
    this.writeFrame(FrameType.ping, 0, 0, DRAIN_PING);
    connectionWheel.schedule(this.#drainTimer, performance.now() + DRAIN_ROUND_TRIP_MS);
  }

  /** The peer has seen our first GOAWAY (its PING answer came), or had time to. */
  finishDrain(): void {
    connectionWheel.cancel(this.#drainTimer);
    if (this.isClosing || this.isDead || this.role === 'client') return;
    this.isClosing = true;
    this.acceptsUpTo = this.lastPeerStreamId;
    this.#writer.goaway(this.acceptsUpTo, ErrorCode.noError, '');
    this.schedule();
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
    this.schedule();
  }

  /** Ends the connection for the peer's fault (or ours): GOAWAY, then close. */
  fail(fault: ConnectionFault): void {
    if (this.isDead) return;
    this.user.onFault(fault);
    this.#writer.goaway(this.lastPeerStreamId, fault.code, fault.message);
    this.#die();
  }

  /** Closes at once: the peer would not read a GOAWAY. */
  #cutOff(reason: string): void {
    if (!this.isDead) this.user.onFault(new ConnectionFault(ErrorCode.enhanceYourCalm, reason));
    this.socket.destroy();
  }

  #finish(): void {
    if (this.role === 'client') this.#writer.goaway(0, ErrorCode.noError, '');
    this.#die();
  }

  #die(): void {
    this.isDead = true;
    this.isClosing = true;
    this.#reader.stop();
    this.#writer.flush(this.socket);
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
    this.isBlocked = true;
    this.#reader.stop();
    this.#watch.stop();
    connectionWheel.cancel(this.#linger);
    connectionWheel.cancel(this.#drainTimer);
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
      this.#receiver.endOfRead();
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
    this.isBlocked = false;
    this.data.wake();
  }

  #onEnd(): void {
    // HTTP/2 has no half-closed connections: whoever stops sending has gone.
    if (this.isDead) return;
    this.#die();
  }

  // === watching

  get isMidway(): boolean {
    return (
      this.#reader.isPartial ||
      this.#receiver.isMidway ||
      this.isBlocked ||
      this.#prefaceBytes < PREFACE.length
    );
  }

  get progress(): number {
    return this.framesRead + (this.socket.bytesWritten - this.socket.writableLength);
  }

  get streamsEver(): number {
    return this.lastPeerStreamId + this.#nextStreamId;
  }

  stalled(): void {
    this.#cutOff('a frame, a header block or a read stood still for too long');
  }

  idle(): void {
    if (this.role === 'server') this.finishDrain();
    else this.drain();
  }
}

function windowOf(role: Http2Connection['role']): number {
  return role === 'client' ? SESSION_WINDOW_BYTES : CONNECTION_WINDOW_BYTES;
}
