/** Notices a client that neither gives the rest of its request nor takes its answer. */
import type { Socket } from 'node:net';
import { unsentBytes } from '../connect/lean-socket.ts';

/** Checks within one timeout: a stall is told at most one check late. */
const CHECKS = 3;

export class StallWatch {
  readonly #socket: Socket;
  readonly #writtenBefore: number;
  readonly #readBefore: number;
  #moved: number;
  #quietChecks = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#writtenBefore = socket.bytesWritten;
    this.#readBefore = socket.bytesRead;
    this.#moved = movedBytes(socket);
  }

  /** How long to wait before the next {@link isStalled}, when `timeoutMs` without a byte is a stall. */
  static periodMs(timeoutMs: number): number {
    return timeoutMs / CHECKS;
  }

  /** Nothing was written to the client since the watch began. */
  get isUnanswered(): boolean {
    return this.#socket.bytesWritten === this.#writtenBefore;
  }

  /** The client sent something since the watch began. */
  get hasRead(): boolean {
    return this.#socket.bytesRead > this.#readBefore;
  }

  /** To be asked once a period: true when not a byte moved, either way, for a whole timeout. */
  isStalled(): boolean {
    const moved = movedBytes(this.#socket);
    this.#quietChecks = moved === this.#moved ? this.#quietChecks + 1 : 0;
    this.#moved = moved;
    return this.#quietChecks >= CHECKS;
  }

  /** It is not the client that is waited for: the quiet so far does not count. */
  excuse(): void {
    this.#quietChecks = 0;
  }
}

function movedBytes(socket: Socket): number {
  return socket.bytesRead + socket.bytesWritten - unsentBytes(socket);
}
