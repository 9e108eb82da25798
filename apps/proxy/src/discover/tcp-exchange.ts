import type { LiveEndpoint } from '../balance/live-endpoint.ts';
import type { AttemptFailure, TcpExchange, TcpRefusal } from '../stack/http-service.ts';

export interface TcpExchangeOwner {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  pickAgain(): LiveEndpoint | null;
  /** Told once, at its end. */
  onClosed?(error: Error | null): void;
  /** Counts a connection that could not be made. */
  countError(error: 'i/o' | 'failfast' | 'identity required'): void;
}

const MAX_CONNECT_ATTEMPTS = 3;

/** One opaque connection on its way to an endpoint. The endpoint counts as busy until it is connected. */
export class ForwardedConnection implements TcpExchange {
  readonly kind = 'exchange';
  endpoint: LiveEndpoint;
  readonly #owner: TcpExchangeOwner;
  #attempts = 1;
  #startedAtMs: number;
  #isPending = true;

  constructor(endpoint: LiveEndpoint, owner: TcpExchangeOwner) {
    this.endpoint = endpoint;
    this.#owner = owner;
    this.#startedAtMs = owner.now();
    endpoint.pending++;
  }

  attemptFailed(failure: AttemptFailure): 'retry' | TcpRefusal {
    this.#settle();
    this.endpoint.connectionFailed();
    const next = this.#attempts < MAX_CONNECT_ATTEMPTS ? this.#owner.pickAgain() : null;
    if (next === null) {
      this.#owner.countError(failure.kind === 'identity' ? 'identity required' : 'i/o');
      return { kind: 'refusal', reason: failure.error.message };
    }
    this.#attempts++;
    this.#isPending = true;
    this.#startedAtMs = this.#owner.now();
    this.endpoint = next;
    next.pending++;
    return 'retry';
  }

  connected(): void {
    if (!this.#isPending) return;
    const nowMs = this.#owner.now();
    this.#settle();
    this.endpoint.rtt.observe(nowMs - this.#startedAtMs, nowMs);
    this.endpoint.connectionReady();
  }

  closed(error: Error | null): void {
    this.#settle();
    this.#owner.onClosed?.(error);
  }

  #settle(): void {
    if (!this.#isPending) return;
    this.#isPending = false;
    this.endpoint.pending--;
  }
}
