import { connect, createServer, type Server, type Socket } from 'node:net';
import { type AddressInfo } from 'node:net';
import type { PodRef } from '@tulle/model';
import { LOOPBACK, splitAddress } from '../net/loopback.ts';

/** Connections one forwarder carries at once; further ones are reset and counted. */
const MOST_CONNECTIONS = 4096;
/** Endpoints tried for one connection before it is reset. */
const MOST_ATTEMPTS = 3;
const CONNECT_TIMEOUT_MS = 1000;

/** Where a service's connections may go now. */
export interface ForwardEndpoint {
  /** `ip:port`. */
  readonly address: string;
  readonly pod: PodRef;
}

export interface ForwarderOptions {
  /** Ready endpoints at this moment; asked for each connection. */
  readonly endpoints: () => readonly ForwardEndpoint[];
  /** The `ip:port` from which we dialed, while the connection is open. */
  readonly onOpen?: (clientAddress: string, endpoint: ForwardEndpoint) => void;
  readonly onClose?: (clientAddress: string) => void;
}

/**
 * Carries TCP connections to the ready endpoints of a service port in turn: what kube-proxy does in a cluster, for
 * instances outside the mesh and for a person's browser. Without an endpoint the connection is reset.
 */
export class Forwarder {
  /** Connections reset because no endpoint took them or too many were open. */
  refused = 0;
  readonly #options: ForwarderOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  private constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#accept(socket);
    });
  }

  /** @param port 0 for any free one. Rejects with the error of `listen`. */
  static open(port: number, options: ForwarderOptions): Promise<Forwarder> {
    const forwarder = new Forwarder(options);
    return new Promise((resolve, reject) => {
      forwarder.#server.once('error', reject);
      forwarder.#server.listen({ port, host: LOOPBACK }, () => resolve(forwarder));
    });
  }

  /** `127.0.0.1:port` it listens on. */
  get address(): string {
    return `${LOOPBACK}:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Stops listening and ends every connection it carries. */
  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((closed) => this.#server.close(() => closed()));
  }

  #accept(socket: Socket): void {
    if (this.#sockets.size >= MOST_CONNECTIONS * 2) {
      this.#refuse(socket);
      return;
    }
    this.#track(socket);
    socket.once('error', () => socket.destroy());
    this.#dial(socket, MOST_ATTEMPTS);
  }

  #dial(client: Socket, attempts: number): void {
    const endpoints = this.#options.endpoints();
    const endpoint = endpoints[this.#turn % Math.max(1, endpoints.length)];
    this.#turn += 1;
    if (endpoint === undefined || attempts === 0 || client.destroyed) {
      this.#refuse(client);
      return;
    }
    const server = connect({
      ...splitAddress(endpoint.address),
      allowHalfOpen: true,
      noDelay: true,
      timeout: CONNECT_TIMEOUT_MS,
    });
    this.#track(server);
    const tryNext = () => {
      server.destroy();
      this.#dial(client, attempts - 1);
    };
    server.once('error', tryNext);
    server.once('timeout', tryNext);
    client.once('close', () => server.destroy());
    server.once('connect', () => {
      server.off('error', tryNext);
      server.off('timeout', tryNext);
      server.setTimeout(0);
      this.#join(client, server, endpoint);
    });
  }

  #join(client: Socket, server: Socket, endpoint: ForwardEndpoint): void {
    const clientAddress = `${LOOPBACK}:${server.localPort}`;
    this.#options.onOpen?.(clientAddress, endpoint);
    server.once('error', () => client.destroy());
    server.once('close', (failed) => {
      this.#options.onClose?.(clientAddress);
      if (failed) client.destroy();
    });
    client.pipe(server);
    server.pipe(client);
  }

  #refuse(client: Socket): void {
    if (!client.destroyed) this.refused += 1;
    client.resetAndDestroy();
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
