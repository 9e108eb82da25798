import type { BodyTap, ExchangeControl } from '../stack/http-service.ts';
import { TimerEntry } from '../stack/timer-wheel.ts';
import { exchangeWheel } from '../stack/wheels.ts';

/** How long an exchange may be without what it waits for, beside its timeout as a whole. Milliseconds, 0 for none. */
export interface StreamTimeouts {
  /** From the request's last byte to the answer's last, of each attempt. */
  readonly responseMs: number;
  /** Between two pieces of either body. */
  readonly idleMs: number;
}

/** Values of `error` in the route metrics. */
export type TimeoutName = 'RESPONSE_HEADERS_TIMEOUT' | 'RESPONSE_STREAM_TIMEOUT' | 'IDLE_TIMEOUT';

export const NO_TIMEOUTS: StreamTimeouts = { responseMs: 0, idleMs: 0 };

/** The timers of one exchange under a policy that has such timeouts; made for no other. */
export class ExchangeTimers {
  /** The timer that ended the exchange or an attempt last. */
  struck: TimeoutName | null = null;
  #control: ExchangeControl | null = null;
  readonly #timeouts: StreamTimeouts;
  readonly #headers = new TimerEntry(() => this.#headersLate());
  readonly #response = new TimerEntry(() => this.#timeOut('RESPONSE_STREAM_TIMEOUT'));
  readonly #idle = new TimerEntry(() => this.#timeOut('IDLE_TIMEOUT'));

  constructor(timeouts: StreamTimeouts) {
    this.#timeouts = timeouts;
  }

  start(control: ExchangeControl): void {
    this.#control = control;
    this.touch();
  }

  /** The attempt under way has all of the request. @param headersMs until its answer's head; 0 for no limit. */
  requestSent(headersMs: number): void {
    if (this.#control === null) return;
    const nowMs = performance.now();
    if (headersMs > 0) exchangeWheel.schedule(this.#headers, nowMs + headersMs);
    const { responseMs } = this.#timeouts;
    if (responseMs > 0) exchangeWheel.schedule(this.#response, nowMs + responseMs);
    this.touch();
  }

  /** The attempt has an answer, or is given up: the next one's time has not begun. */
  answered(): void {
    exchangeWheel.cancel(this.#headers);
    this.touch();
  }

  attemptOver(): void {
    exchangeWheel.cancel(this.#headers);
    exchangeWheel.cancel(this.#response);
  }

  /** Something moved. */
  touch(): void {
    const { idleMs } = this.#timeouts;
    if (idleMs > 0 && this.#control !== null) {
      exchangeWheel.schedule(this.#idle, performance.now() + idleMs);
    }
  }

  /** Shows bodies to `inner` and takes each piece as a sign of life. */
  watching(inner: BodyTap | null): BodyTap | null {
    if (this.#timeouts.idleMs === 0) return inner;
    return {
      request: (chunk) => {
        this.touch();
        inner?.request(chunk);
      },
      response: (chunk) => {
        this.touch();
        inner?.response(chunk);
      },
    };
  }

  close(): void {
    this.attemptOver();
    exchangeWheel.cancel(this.#idle);
    this.#control = null;
  }

  #headersLate(): void {
    this.struck = 'RESPONSE_HEADERS_TIMEOUT';
    const error = new Error('the answer did not begin in time');
    this.#control?.giveUpAttempt({ kind: 'timeout', error });
  }

  #timeOut(name: TimeoutName): void {
    this.struck = name;
    this.#control?.timeOut();
  }
}
