import { TimerEntry } from '../stack/timer-wheel.ts';
import { connectionWheel } from '../stack/wheels.ts';

const MIN_PERIOD_MS = 250;

/** What the watch looks at. */
export interface WatchedConnection {
  /** Something begun has to go on: a frame, a header block, the preface, a blocked write. */
  readonly isMidway: boolean;
  /** Grows with whatever is read or taken by the kernel. */
  readonly progress: number;
  /** Streams are under way. */
  readonly isBusy: boolean;
  /** Grows with each stream. */
  readonly streamsEver: number;
  /** What was begun stood still for too long. */
  stalled(): void;
  /** There was no stream for too long. May be called again. */
  idle(): void;
}

export interface WatchTimes {
  /** A preface, frame or header block once begun, and a blocked write, may stand still this long. */
  readonly stallTimeoutMs: number;
  /** Without streams for this long it is closed. */
  readonly idleTimeoutMs: number;
}

/** Looks at a connection a few times per timeout, so that nothing is armed or written for each frame. */
export class ConnectionWatch {
  readonly #connection: WatchedConnection;
  readonly #times: WatchTimes;
  readonly #periodMs: number;
  readonly #timer = new TimerEntry(() => this.#look());
  #stalledMs = 0;
  #idleMs = 0;
  #seenProgress = 0;
  #seenStreams = 0;

  constructor(connection: WatchedConnection, times: WatchTimes) {
    const { stallTimeoutMs, idleTimeoutMs } = times;
    this.#connection = connection;
    this.#times = times;
    this.#periodMs = Math.max(MIN_PERIOD_MS, Math.min(stallTimeoutMs, idleTimeoutMs) / 4);
  }

  start(): void {
    connectionWheel.schedule(this.#timer, performance.now() + this.#periodMs);
  }

  stop(): void {
    connectionWheel.cancel(this.#timer);
  }

  #look(): void {
    if (this.#isStalled()) return this.#connection.stalled();
    if (this.#isIdle()) this.#connection.idle();
    this.start();
  }

  #isStalled(): boolean {
    const { isMidway, progress } = this.#connection;
    const stoodStill = isMidway && progress === this.#seenProgress;
    this.#seenProgress = progress;
    this.#stalledMs = stoodStill ? this.#stalledMs + this.#periodMs : 0;
    return this.#stalledMs >= this.#times.stallTimeoutMs;
  }

  #isIdle(): boolean {
    const { isBusy, streamsEver } = this.#connection;
    const wasIdle = !isBusy && streamsEver === this.#seenStreams;
    this.#seenStreams = streamsEver;
    this.#idleMs = wasIdle ? this.#idleMs + this.#periodMs : 0;
    return this.#idleMs >= this.#times.idleTimeoutMs;
  }
}
