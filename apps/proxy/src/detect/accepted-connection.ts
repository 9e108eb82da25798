/** An accepted connection from its first byte to its end, before and after it is known what serves it. */
import type { Socket } from 'node:net';
import type { ServedConnection } from '../stack/connection.ts';

export class AcceptedConnection implements ServedConnection {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #served: ServedConnection | null = null;
  #isDraining = false;

  /** @param detect finds what serves the socket and starts it, or null when the connection came to nothing. */
  constructor(socket: Socket, detect: () => Promise<ServedConnection | null>) {
    this.#socket = socket;
    // The codecs listen too; until they do, a reset must not end the process.
    socket.on('error', () => {});
    this.closed = this.#run(detect);
  }

  drain(): void {
    this.#isDraining = true;
    this.#served?.drain();
  }

  destroy(): void {
    this.#served?.destroy();
    this.#socket.destroy();
  }

  async #run(detect: () => Promise<ServedConnection | null>): Promise<void> {
    try {
      this.#served = await detect();
    } catch {
      // Counted and logged where it was thrown; what is left is a connection nobody serves.
      this.#socket.destroy();
      return;
    }
    if (this.#served === null) {
      this.#socket.destroy();
      return;
    }
    if (this.#isDraining) this.#served.drain();
    await this.#served.closed;
  }
}
