/**
 * Asks a silent peer whether it is still there. A connection whose peer's machine is gone looks healthy until the kernel
 * gives up after minutes, and every request sent on it meanwhile waits.
 */
import { TimerEntry } from '../stack/timer-wheel.ts';
import { connectionWheel } from '../stack/wheels.ts';

/** Milliseconds; the wheel adds up to a quarter of a second. */
export interface KeepaliveTimes {
  /** Silence after which the peer is asked. */
  readonly intervalMs: number;
  /** Silence after the question that ends the connection. */
  readonly timeoutMs: number;
}

/** Toward other proxies, as Linkerd's chart sets them. */
export const MESHED_KEEPALIVE: KeepaliveTimes = { intervalMs: 10_000, timeoutMs: 3000 };

export interface KeepaliveConnection {
  /** Frames taken so far: any of them shows that the peer is there. */
  readonly framesRead: number;
  /** Somebody waits for the peer; otherwise nobody needs to know. */
  readonly isBusy: boolean;
  ping(): void;
  /** The peer did not answer. */
  lost(): void;
}

export class Keepalive {
  readonly #connection: KeepaliveConnection;
  readonly #times: KeepaliveTimes;
  readonly #timer = new TimerEntry(() => this.#look());
  #seenFrames = 0;
  #isAsked = false;

  /** Runs until {@link stop}. */
  constructor(connection: KeepaliveConnection, times: KeepaliveTimes) {
    this.#connection = connection;
    this.#times = times;
    this.#again(times.intervalMs);
  }

  stop(): void {
    connectionWheel.cancel(this.#timer);
  }

  #again(afterMs: number): void {
    connectionWheel.schedule(this.#timer, performance.now() + afterMs);
  }

  #look(): void {
    const connection = this.#connection;
    const isSilent = connection.framesRead === this.#seenFrames;
    this.#seenFrames = connection.framesRead;
    if (isSilent && this.#isAsked) {
      connection.lost();
      return;
    }
    this.#isAsked = isSilent && connection.isBusy;
    if (this.#isAsked) connection.ping();
    this.#again(this.#isAsked ? this.#times.timeoutMs : this.#times.intervalMs);
  }
}
