import type { LiveEndpoint } from '../balance/live-endpoint.ts';
import type { Peer } from '../stack/http-service.ts';
import { ForwardedConnection, type TcpExchangeOwner } from './tcp-exchange.ts';

export interface TerminableOwner extends TcpExchangeOwner {
  onClosed(): void;
}

/** A forwarded connection that a changed policy may cut. */
export class TerminableConnection extends ForwardedConnection {
  readonly peer: Peer;
  readonly #onClosed: () => void;
  #stop: (() => void) | null = null;
  #isTerminated = false;

  constructor(endpoint: LiveEndpoint, peer: Peer, owner: TerminableOwner) {
    super(endpoint, owner);
    this.peer = peer;
    this.#onClosed = () => owner.onClosed();
  }

  onTerminate(stop: () => void): void {
    this.#stop = stop;
    if (this.#isTerminated) stop();
  }

  override closed(error: Error | null): void {
    this.#onClosed();
    super.closed(error);
  }

  /** Now, or as soon as it is connected. */
  terminate(): void {
    this.#isTerminated = true;
    this.#stop?.();
  }
}
