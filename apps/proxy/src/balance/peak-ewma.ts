/** A new endpoint is taken to be this fast until it answered (linkerd2-proxy default_rtt). */
export const DEFAULT_RTT_MS = 30;
/** Observations fade with this time constant. */
export const DECAY_MS = 10_000;
/** Below it an endpoint's speed says nothing, and a load of 0 would hide its pending requests. */
const MIN_RTT_MS = 1;

/**
 * Round-trip time as a moving average that jumps up at once and comes down slowly: one slow answer keeps requests away
 * for a while. Without answers it fades, so that the endpoint is tried again.
 */
export class PeakEwma {
  #rttMs: number;
  #updatedAtMs: number;
  readonly #decayMs: number;

  /** @param nowMs monotonic, as in all methods. @param rttMs until it answered. @param decayMs how fast it forgets. */
  constructor(nowMs: number, rttMs = DEFAULT_RTT_MS, decayMs = DECAY_MS) {
    this.#updatedAtMs = nowMs;
    this.#rttMs = rttMs;
    this.#decayMs = decayMs;
  }

  observe(rttMs: number, nowMs: number): void {
    const faded = this.read(nowMs);
    const weight = Math.exp(-(nowMs - this.#updatedAtMs) / this.#decayMs);
    this.#rttMs = rttMs > faded ? rttMs : this.#rttMs * weight + rttMs * (1 - weight);
    this.#updatedAtMs = nowMs;
  }

  /** The estimate now, faded since the last observation. At least 1 ms. */
  read(nowMs: number): number {
    const elapsed = nowMs - this.#updatedAtMs;
    const faded = elapsed <= 0 ? this.#rttMs : this.#rttMs * Math.exp(-elapsed / this.#decayMs);
    return faded < MIN_RTT_MS ? MIN_RTT_MS : faded;
  }
}
