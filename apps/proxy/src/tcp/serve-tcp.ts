/** Opaque TCP: bytes both ways to one endpoint per connection. */
import type { Socket } from 'node:net';
import type { CodecContext, ServeTcp, ServedConnection } from '../stack/connection.ts';
import { DialError } from '../stack/connection.ts';
import type {
  AttemptFailure,
  Peer,
  TcpExchange,
  TcpRefusal,
  TcpService,
} from '../stack/http-service.ts';
import { abort, splice } from './splice.ts';

/** Forwards an accepted connection. A refusal or a server that cannot be reached resets it: TCP has no other word. */
export const serveTcp: ServeTcp = (socket, firstBytes, peer, service, context) => {
  const connection = new TcpConnection(socket);
  connection.run(firstBytes, peer, service, context).catch(() => connection.destroy());
  return connection;
};

class TcpConnection implements ServedConnection {
  readonly closed: Promise<void>;
  readonly #client: Socket;
  #upstream: Socket | null = null;

  constructor(client: Socket) {
    this.#client = client;
    client.on('error', () => {});
    this.closed = new Promise((resolve) => {
      if (client.destroyed) resolve();
      else client.once('close', () => resolve());
    });
  }

  /** Nothing: only its two ends know when a connection of opaque bytes is done. */
  drain(): void {}

  destroy(): void {
    this.#client.destroy();
    this.#upstream?.destroy();
  }

  async run(
    firstBytes: Buffer,
    peer: Peer,
    service: TcpService,
    context: CodecContext,
  ): Promise<void> {
    const exchange = await service.connect(peer);
    if (exchange.kind === 'refusal') {
      this.#reset();
      return;
    }
    const upstream = await this.#connect(exchange, context);
    if (upstream === null) return;
    if (this.#client.destroyed) {
      upstream.destroy();
      exchange.closed(null);
      return;
    }
    this.#upstream = upstream;
    exchange.connected();
    exchange.onTerminate?.(() => this.destroy());
    splice(
      { socket: this.#client, firstBytes },
      { socket: upstream, firstBytes: Buffer.alloc(0) },
      (error) => exchange.closed(error),
    );
  }

  async #connect(exchange: TcpExchange, context: CodecContext): Promise<Socket | null> {
    for (;;) {
      let failure: AttemptFailure;
      try {
        return await context.dial(exchange.endpoint);
      } catch (reason) {
        if (!(reason instanceof DialError)) throw reason;
        failure = reason.failure;
      }
      const next: 'retry' | TcpRefusal = await exchange.attemptFailed(failure);
      if (next !== 'retry' || this.#client.destroyed) {
        exchange.closed(failure.error);
        this.#reset();
        return null;
      }
    }
  }

  #reset(): void {
    abort(this.#client);
  }
}
