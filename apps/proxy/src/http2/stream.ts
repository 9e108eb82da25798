import type { HeaderField } from './hpack/header-field.ts';
import type { FieldSection } from './hpack/decoder.ts';
import type { Http2Connection } from './connection.ts';
import { MAX_WINDOW } from './flow-window.ts';
import { STREAM_WINDOW_BYTES } from './limits.ts';

/** What a stream tells its user. After `onReset` nothing follows. Called while reading or flushing: must not throw. */
export interface StreamHandler {
  /** Client role: an interim (1xx) or the final head. */
  onHead(section: FieldSection, endStream: boolean): void;
  /** Body bytes. Each must be given back with {@link Http2Stream.consumed} once passed on. */
  onData(chunk: Buffer): void;
  /** The peer's last fields; ends its side. */
  onTrailers(fields: readonly HeaderField[]): void;
  /** The peer's side ended without trailers. */
  onEnd(): void;
  /**
   * @param code the peer's RST_STREAM code or the code we reset with for the peer's mistake; null when the connection was lost.
   * @param isUnprocessed the peer promises that it did nothing with the request.
   */
  onReset(code: number | null, isUnprocessed: boolean): void;
  /** This many bytes given to `send` have left. */
  onSent(bytes: number): void;
  /** Our END_STREAM has left. */
  onSendEnd(): void;
}

/** Nothing listens; for a stream without user. */
export const deafHandler: StreamHandler = {
  onHead: () => {},
  onData: () => {},
  onTrailers: () => {},
  onEnd: () => {},
  onReset: () => {},
  onSent: () => {},
  onSendEnd: () => {},
};

const NO_CHUNKS: Buffer[] = [];

/** One stream of either role. Sending queues; the connection writes at its next flush as windows allow. */
export class Http2Stream {
  readonly connection: Http2Connection;
  readonly id: number;
  handler: StreamHandler = deafHandler;
  /** What the peer lets us send; negative after its SETTINGS shrank it. Numbers, as an object per window would be two more per stream. */
  sendWindow: number;
  #receiveWindow = STREAM_WINDOW_BYTES;
  /** Given back and not told the peer yet. */
  #owed = 0;
  /** We sent END_STREAM (or RST_STREAM). */
  localEnded = false;
  /** The peer sent END_STREAM (or RST_STREAM). */
  remoteEnded = false;
  /** Reset by either side or lost: not in the connection's table any more. */
  isAborted = false;
  headSent = false;
  /** Client role: the final head has come. Server role: always true. */
  hasHead: boolean;
  /** Of `content-length`, what has not come yet; -1 when unknown. */
  bodyBytesLeft = -1;
  /** Received and not given back. */
  unconsumedBytes = 0;
  /** Waiting to be written, oldest first. The sum is bounded by the windows of whoever fills it. */
  queue: Buffer[] = NO_CHUNKS;
  queuedBytes = 0;
  endQueued = false;
  trailersQueued: readonly HeaderField[] | null = null;
  isReady = false;
  /** For the connection's {@link StreamTable}. */
  nextInTable: Http2Stream | null = null;

  constructor(connection: Http2Connection, id: number, sendWindow: number, hasHead: boolean) {
    this.connection = connection;
    this.id = id;
    this.sendWindow = sendWindow;
    this.hasHead = hasHead;
  }

  /** @returns false when the window would pass 2^31-1: a FLOW_CONTROL_ERROR. */
  growSendWindow(bytes: number): boolean {
    if (this.sendWindow + bytes > MAX_WINDOW) return false;
    this.sendWindow += bytes;
    return true;
  }

  /** @returns false when the peer sent more than it may: a FLOW_CONTROL_ERROR. */
  takeReceived(bytes: number): boolean {
    if (bytes > this.#receiveWindow) return false;
    this.#receiveWindow -= bytes;
    return true;
  }

  /** @returns the increment to tell the peer now, 0 while it can wait: updates come in halves of the window. */
  giveBackReceived(bytes: number): number {
    this.#owed += bytes;
    if (this.#owed < STREAM_WINDOW_BYTES / 2) return 0;
    const increment = this.#owed;
    this.#owed = 0;
    this.#receiveWindow += increment;
    return increment;
  }

  /** Writes a head (or interim head) now. */
  sendHead(fields: readonly HeaderField[], endStream: boolean): void {
    if (this.isAborted || this.localEnded) return;
    this.headSent = true;
    this.connection.writeHead(this, fields, endStream);
  }

  /** Writes body bytes, now or as windows allow; they must not change any more. `onSent` says when they left. */
  send(chunk: Buffer): void {
    if (this.isAborted || this.endQueued || chunk.length === 0) return;
    if (!this.isReady && this.queuedBytes === 0 && this.connection.data.sendAtOnce(this, chunk))
      return;
    // The shared empty array is never written to: most streams carry one chunk, many none.
    if (this.queue === NO_CHUNKS) this.queue = [chunk];
    else this.queue.push(chunk);
    this.queuedBytes += chunk.length;
    this.connection.data.markReady(this);
  }

  /** Ends our side behind what is queued. */
  end(): void {
    if (this.isAborted || this.endQueued || this.localEnded) return;
    this.endQueued = true;
    if (!this.isReady && this.queuedBytes === 0) this.connection.data.endAtOnce(this);
    else this.connection.data.markReady(this);
  }

  /** Ends our side with trailers behind what is queued. */
  sendTrailers(fields: readonly HeaderField[]): void {
    if (this.isAborted || this.endQueued || this.localEnded) return;
    this.trailersQueued = fields;
    this.end();
  }

  /** Ends both sides at once; the handler hears nothing. Safe to call again. */
  reset(code: number): void {
    if (this.isAborted || (this.localEnded && this.remoteEnded)) return;
    this.connection.resetStream(this, code);
  }

  /** Opens the windows again by bytes of `onData` that were passed on. */
  consumed(bytes: number): void {
    if (this.isAborted) return;
    this.unconsumedBytes -= bytes;
    this.connection.giveBack(this, bytes);
  }

  /** Ends the stream from within the connection. */
  abort(): void {
    this.isAborted = true;
    this.queue = NO_CHUNKS;
    this.queuedBytes = 0;
    this.trailersQueued = null;
  }
}
