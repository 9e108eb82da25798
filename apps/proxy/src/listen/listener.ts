/** Bound addresses of one direction: accepts, hands on with the original destination, drains. */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { TulleError } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';
import type { ListenConfig } from '../config/proxy-config.ts';
import type { Address, ServedConnection } from '../stack/connection.ts';
import { LeanSocket } from '../connect/lean-socket.ts';
import { kernelOriginalDestination } from './original-destination.ts';
import type { OriginalDestination } from './original-destination.ts';

export interface ListenerOptions {
  /** `inbound` or `outbound`, for messages. */
  readonly name: string;
  readonly listen: ListenConfig;
  /** Null: the operating system's. */
  readonly backlog: number | null;
  /** TCP keepalive's idle time; null leaves it off. */
  readonly keepaliveMs: number | null;
  readonly accept: (socket: Socket, original: Address) => ServedConnection;
  /** Why a connection to this address is not served, in a few words; null when it is. */
  readonly refuses: (original: Address) => string | null;
  readonly log: Logger;
}

/** Connections that come before {@link Listener.start} wait, this many of them; more are refused. */
const MAX_WAITING = 1024;

export class Listener {
  readonly #options: ListenerOptions;
  readonly #servers: Server[] = [];
  readonly #connections = new Set<ServedConnection>();
  #waiting: (() => void)[] = [];
  #isStarted = false;

  private constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /**
   * Binds every address at once, so that a port that is taken is known before anything is served.
   * @throws TulleError `unavailable` naming the address.
   */
  static async open(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    const { listen } = options;
    try {
      if (listen.kind === 'table') {
        for (const pair of listen.pairs) await listener.#bind(pair.listen, () => pair.original);
      } else {
        const original = await kernelOriginalDestination();
        for (const address of listen.addresses) await listener.#bind(address, original);
      }
    } catch (error) {
      listener.destroy();
      throw error;
    }
    return listener;
  }

  /** Serves what has been accepted and what comes. */
  start(): void {
    this.#isStarted = true;
    for (const serve of this.#waiting) serve();
    this.#waiting = [];
  }

  /** Open connections. */
  get size(): number {
    return this.#connections.size;
  }

  /** Accepts nothing more; resolves when the connections under way have finished. */
  async drain(): Promise<void> {
    this.#closeServers();
    for (const connection of this.#connections) connection.drain();
    await Promise.all(Array.from(this.#connections, (connection) => connection.closed));
  }

  /** Closes everything now. */
  destroy(): void {
    this.#closeServers();
    for (const connection of this.#connections) connection.destroy();
  }

  #closeServers(): void {
    for (const server of this.#servers) server.close();
  }

  #bind(address: Address, original: OriginalDestination): Promise<void> {
    const { backlog, keepaliveMs } = this.#options;
    const server = createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      ...(keepaliveMs === null ? {} : { keepAlive: true, keepAliveInitialDelay: keepaliveMs }),
    });
    server.on('connection', (socket) => this.#accepted(LeanSocket.adopt(socket), original));
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(this.#explain(error, address)));
      const options = { host: address.host, port: address.port };
      server.listen(backlog === null ? options : { ...options, backlog }, () => {
        server.removeAllListeners('error');
        // Out of file descriptors and the like: this connection is lost, the next may do.
        server.on('error', (error) => {
          this.#options.log.error({ err: error }, `${this.#options.name} cannot accept`);
        });
        resolve();
      });
    });
  }

  #accepted(socket: Socket, original: OriginalDestination): void {
    socket.on('error', () => {});
    if (this.#isStarted) {
      this.#serve(socket, original);
      return;
    }
    if (this.#waiting.length >= MAX_WAITING) {
      socket.destroy();
      return;
    }
    this.#waiting.push(() => this.#serve(socket, original));
  }

  #serve(socket: Socket, original: OriginalDestination): void {
    if (socket.destroyed) return;
    const destination = original(socket);
    if (destination === null) return this.#drop(socket, 'it has no original destination');
    const refusal = this.#options.refuses(destination);
    if (refusal !== null) return this.#drop(socket, refusal, destination);
    const connection = this.#options.accept(socket, destination);
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
  }

  #drop(socket: Socket, reason: string, to?: Address): void {
    const { log, name } = this.#options;
    const client = `${socket.remoteAddress}:${socket.remotePort}`;
    log.warn({ client, reason, to }, `${name} dropped a connection`);
    socket.destroy();
  }

  #explain(error: NodeJS.ErrnoException, address: Address): TulleError {
    const where = `${address.host}:${address.port}`;
    const { name } = this.#options;
    const reason =
      error.code === 'EADDRINUSE'
        ? 'another program has that port; stop it or choose another address'
        : error.message;
    return new TulleError('unavailable', `The ${name} listener cannot open ${where}: ${reason}.`, {
      cause: error,
    });
  }
}
