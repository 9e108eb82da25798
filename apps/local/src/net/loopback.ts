import { createServer } from 'node:net';

/** The only address the laptop runtime listens on and dials. */
export const LOOPBACK = '127.0.0.1';

/**
 * Below the range from which Linux (32768 to 60999) and macOS (49152 to 65535) take ports for outgoing connections: a
 * port from within it may be taken by a connection between our choice and its use, or while its owner restarts.
 */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;
const ATTEMPTS = 200;

/** Hands out loopback ports that nobody listens on, each only once in its life. */
export class PortAllocator {
  readonly #given = new Set<number>();
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** @throws Error when 200 tries in a row found each port taken */
  async next(): Promise<number> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const port = LOWEST_PORT + Math.floor(this.#random() * (HIGHEST_PORT - LOWEST_PORT));
      if (this.#given.has(port)) continue;
      this.#given.add(port);
      if (await isFree(port)) return port;
    }
    throw new Error(`No free port was found between ${LOWEST_PORT} and ${HIGHEST_PORT}.`);
  }

  /** `127.0.0.1:port` of a fresh port. */
  async nextAddress(): Promise<string> {
    return `${LOOPBACK}:${await this.next()}`;
  }

  /** Gives a port back when nothing of ours will listen on it again. */
  release(address: string): void {
    this.#given.delete(Number(address.slice(address.lastIndexOf(':') + 1)));
  }
}

/** Whether one could listen on this loopback port now. */
export function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}

/** `127.0.0.1:8080` in parts. */
export function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}
