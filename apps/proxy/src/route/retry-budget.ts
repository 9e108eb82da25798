import type { RetryBudget as RetryBudgetMessage } from '@tulle/proxy-api';
import { fromDuration } from '@tulle/proxy-api';

const SLOTS = 10;

/**
 * How many retries may be made: a share of the requests of the last `ttl`, and a few a second in any case. Counts like
 * tower's TpsBudget: each request pays in, each retry draws out, and what was paid in expires after the ttl.
 */
export class RetryBudget {
  readonly #slots = new Float64Array(SLOTS);
  readonly #slotMs: number;
  readonly #deposit: number;
  readonly #price: number;
  /** Always there, whatever was drawn: the retries per second times the ttl. */
  readonly #reserve: number;
  readonly #now: () => number;
  #slot = 0;
  #slotStartedAtMs: number;

  /**
   * @param ttlMs 1,000 to 60,000.
   * @param ratio retries per request, 0 to 1000.
   * @param now milliseconds, monotonic.
   */
  constructor(ttlMs: number, minPerSecond: number, ratio: number, now: () => number) {
    this.#slotMs = ttlMs / SLOTS;
    // A ratio of 0 pays nothing in; a ratio above 1 needs a price below the deposit, hence the scale.
    this.#deposit = ratio === 0 ? 0 : 1000;
    this.#price = ratio === 0 ? 1000 : 1000 / ratio;
    this.#reserve = minPerSecond * (ttlMs / 1000) * this.#price;
    this.#now = now;
    this.#slotStartedAtMs = now();
  }

  /** For each request, not for its retries. */
  deposit(): void {
    this.#expire();
    this.#slots[this.#slot] = (this.#slots[this.#slot] as number) + this.#deposit;
  }

  /** Draws one retry. False, and nothing drawn, when there is not enough. */
  withdraw(): boolean {
    this.#expire();
    let balance = this.#reserve;
    for (const slot of this.#slots) balance += slot;
    // A rounding error of thirds must not cost a retry.
    if (balance + 1e-6 < this.#price) return false;
    this.#slots[this.#slot] = (this.#slots[this.#slot] as number) - this.#price;
    return true;
  }

  #expire(): void {
    const elapsed = this.#now() - this.#slotStartedAtMs;
    if (elapsed < this.#slotMs) return;
    const passed = Math.floor(elapsed / this.#slotMs);
    for (let step = 0; step < Math.min(passed, SLOTS); step++) {
      this.#slot = (this.#slot + 1) % SLOTS;
      this.#slots[this.#slot] = 0;
    }
    this.#slotStartedAtMs += passed * this.#slotMs;
  }
}

/** The budget of a profile; null, so no retries, when it is absent or out of range. */
export function retryBudgetOf(
  message: RetryBudgetMessage | undefined,
  now: () => number,
): RetryBudget | null {
  if (message?.ttl === undefined) return null;
  const ttlMs = fromDuration(message.ttl);
  const ratio = message.retryRatio;
  const isValid = ttlMs >= 1000 && ttlMs <= 60_000 && ratio >= 0 && ratio <= 1000;
  return isValid ? new RetryBudget(ttlMs, message.minRetriesPerSecond, ratio, now) : null;
}
