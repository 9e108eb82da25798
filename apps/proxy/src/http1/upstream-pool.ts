/** The HTTP/1 connections to one endpoint. The last used is lent first, so that the surplus grows idle and closes. */
import type { Socket } from 'node:net';
import type { Endpoint, Pool } from '../stack/endpoint.ts';
import type { CodecContext } from '../stack/connection.ts';
import { connectionWheel } from '../stack/wheels.ts';
import { UpstreamConnection } from './upstream-connection.ts';

export class UpstreamPool implements Pool {
  readonly #idle: UpstreamConnection[] = [];
  readonly #context: CodecContext;
  #closed = false;

  constructor(context: CodecContext) {
    this.#context = context;
  }

  /** The endpoint's pool, made on first use. */
  static of(endpoint: Endpoint, context: CodecContext): UpstreamPool {
    const existing = endpoint.pools.http1;
    if (existing instanceof UpstreamPool) return existing;
    const pool = new UpstreamPool(context);
    endpoint.pools.http1 = pool;
    return pool;
  }

  /** An idle connection, or null: then the caller dials and {@link adopt}s. */
  lease(): UpstreamConnection | null {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return null;
      connection.idleTimer.deadlineMs = Infinity;
      if (isUsable(connection.socket)) return connection;
      connection.socket.destroy();
    }
  }

  adopt(socket: Socket): UpstreamConnection {
    return new UpstreamConnection(socket, this);
  }

  /** Takes back an idle connection, or closes it when there are enough. */
  keep(connection: UpstreamConnection): void {
    const { limits, now } = this.#context;
    const isFull = this.#idle.length >= limits.maxIdlePerEndpoint;
    if (this.#closed || isFull || !isUsable(connection.socket)) {
      connection.socket.destroy();
      return;
    }
    this.#idle.push(connection);
    connectionWheel.schedule(connection.idleTimer, now() + limits.poolIdleTimeoutMs);
  }

  /** The connection closed or was taken out of the pool's hands. */
  forget(connection: UpstreamConnection): void {
    connectionWheel.cancel(connection.idleTimer);
    const index = this.#idle.lastIndexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) connection.socket.destroy();
  }
}

function isUsable(socket: Socket): boolean {
  return socket.readyState === 'open' && !socket.destroyed;
}
