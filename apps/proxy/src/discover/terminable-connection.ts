import type { LiveEndpoint } from '../balance/live-endpoint.ts';
import type { Peer } from '../stack/http-service.ts';
import { ForwardedConnection, type TcpExchangeOwner } from './tcp-exchange.ts';

/** A forwarded connection that a changed policy may cut. */
export class TerminableConnection extends ForwardedConnection {
  readonly peer: Peer;
  #stop: (() => void) | null = null;
  #isTerminated = false;

  constructor(endpoint: LiveEndpoint, peer: Peer, owner: TcpExchangeOwner) {
    super(endpoint, owner);
    this.peer = peer;
  }

  onTerminate(stop: () => void): void {
    this.#stop = stop;
    if (this.#isTerminated) stop();
  }

  /** Now, or as soon as it is connected. */
  terminate(): void {
    this.#isTerminated = true;
    this.#stop?.();
  }
}
