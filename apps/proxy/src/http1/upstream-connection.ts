/** A connection to an endpoint: lent to one exchange at a time, kept idle between them. */
import type { Socket } from 'node:net';
import type { UpstreamPool } from './upstream-pool.ts';
import { readWith, stopReadingWith } from '../connect/lean-socket.ts';
import { TimerEntry } from '../stack/timer-wheel.ts';

/** The exchange that has a connection on loan. */
export interface UpstreamUser {
  upstreamData(chunk: Buffer): void;
  /** The server ended its side (FIN). */
  upstreamEnded(): void;
  /** The connection is gone. */
  upstreamClosed(error: Error | null): void;
  upstreamDrained(): void;
}

export class UpstreamConnection {
  readonly socket: Socket;
  /** True when an exchange has been through it: the server may have been closing it when the next one was sent. */
  isReused = false;
  readonly idleTimer: TimerEntry;
  readonly #pool: UpstreamPool;
  #user: UpstreamUser | null = null;
  #error: Error | null = null;

  constructor(socket: Socket, pool: UpstreamPool) {
    this.socket = socket;
    this.#pool = pool;
    this.idleTimer = new TimerEntry(this.#onIdleTooLong);
    readWith(socket, this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  lend(user: UpstreamUser): void {
    this.#user = user;
    if (this.socket.isPaused()) this.socket.resume();
  }

  /** The exchange is done and nothing of it is left on the wire: back to the pool. */
  giveBack(): void {
    this.#user = null;
    this.isReused = true;
    if (this.socket.isPaused()) this.socket.resume();
    this.#pool.keep(this);
  }

  /** The exchange is done and the connection unusable. */
  discard(): void {
    this.#user = null;
    this.socket.destroy();
  }

  /** Hands the bare socket over (a tunnel); nothing of this object listens any more. The caller owns and closes it. */
  detach(): Socket {
    this.#user = null;
    stopReadingWith(this.socket, this.#onData);
    this.socket.off('end', this.#onEnd);
    this.socket.off('drain', this.#onDrain);
    this.socket.off('close', this.#onClose);
    this.socket.pause();
    this.#pool.forget(this);
    return this.socket;
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#user === null)
      this.socket.destroy(); // an answer to nothing: out of step
    else this.#user.upstreamData(chunk);
  };

  readonly #onEnd = (): void => {
    if (this.#user === null) this.socket.destroy();
    else this.#user.upstreamEnded();
  };

  readonly #onDrain = (): void => {
    this.#user?.upstreamDrained();
  };

  readonly #onError = (error: Error): void => {
    this.#error = error;
  };

  readonly #onClose = (): void => {
    this.#pool.forget(this);
    const user = this.#user;
    this.#user = null;
    user?.upstreamClosed(this.#error);
  };

  readonly #onIdleTooLong = (): void => {
    if (this.#user === null) this.socket.destroy();
  };
}
