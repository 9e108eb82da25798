/**
 * Tells a busy peer from a flood. Frames that cost us work and move no request forward (PING, SETTINGS, resets, empty
 * DATA, window updates…) spend points; work done for the peer, and time, earn them back. A peer without points is cut
 * off. So a flood of one kind or of all kinds mixed ends within {@link BUDGET} frames, while streaming clients that ping
 * and update windows as they read never notice (CVE-2019-9511 ff., CVE-2023-44487, CVE-2025-8671).
 */

/** Points a peer can spend at once. */
const BUDGET = 500;
const POINTS_PER_SECOND = 50;

export const Cost = {
  /** PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown types, frames on streams that are gone. */
  control: 1,
  emptyData: 1,
  /** A stream the peer took back before its answer began, and amid it. */
  earlyReset: 2,
  lateReset: 1,
  /** A stream we had to reset for the peer's mistake. */
  streamError: 2,
  emptyContinuation: 10,
  /** A request refused for its size. */
  oversizedHead: 20,
} as const;

export const Reward = {
  /** A stream that ran to its end. */
  stream: 2,
  /** A DATA frame sent, by its size: tiny ones earn less than the window update that may have asked for them costs. */
  tinyData: 1,
  smallData: 2,
  data: 3,
} as const;

export class FloodGuard {
  readonly #now: () => number;
  #points = BUDGET;
  #refilledMs: number;

  /** @param now milliseconds, monotonic. */
  constructor(now: () => number) {
    this.#now = now;
    this.#refilledMs = now();
  }

  /** @returns false when the budget is gone: end the connection with ENHANCE_YOUR_CALM. */
  spend(points: number): boolean {
    this.#points -= points;
    if (this.#points >= 0) return true;
    // The clock is read only here: at most once in BUDGET frames.
    const nowMs = this.#now();
    this.#earnFor(nowMs - this.#refilledMs);
    this.#refilledMs = nowMs;
    return this.#points >= 0;
  }

  earn(points: number): void {
    if (this.#points < BUDGET) this.#points += points;
  }

  #earnFor(elapsedMs: number): void {
    const earned = Math.floor((elapsedMs * POINTS_PER_SECOND) / 1000);
    this.#points = Math.min(BUDGET, this.#points + earned);
  }
}
