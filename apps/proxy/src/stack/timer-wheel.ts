/**
 * Deadlines by the thousand for the price of one timer: an entry is linked into the slot of its deadline, and moving the
 * deadline later only writes a number (the entry is linked anew when its old slot comes up). Entries are made once and
 * scheduled again and again. The timer runs only while entries are linked, and does not keep the process alive.
 */
export class TimerEntry {
  /** Milliseconds on the wheel's clock; Infinity keeps the entry without firing it. */
  deadlineMs = Infinity;
  slot = -1;
  linkedForMs = 0;
  previous: TimerEntry | null = null;
  next: TimerEntry | null = null;
  readonly fire: () => void;

  /** @param fire runs on the wheel's timer; what it throws is an uncaught exception, as with `setTimeout`. */
  constructor(fire: () => void) {
    this.fire = fire;
  }
}

const SLOTS = 512;

export class TimerWheel {
  readonly #tickMs: number;
  readonly #now: () => number;
  readonly #slots: (TimerEntry | null)[] = Array.from({ length: SLOTS }, () => null);
  #linked = 0;
  #lastTick: number;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param tickMs how late an entry may fire; it never fires early.
   * @param now milliseconds, monotonic.
   */
  constructor(tickMs: number, now: () => number) {
    this.#tickMs = tickMs;
    this.#now = now;
    this.#lastTick = this.#tickOf(now());
  }

  /** Entries waiting for their deadline. */
  get linked(): number {
    return this.#linked;
  }

  /** Fires `entry` once at `deadlineMs` or up to a tick later, in place of any deadline it had. */
  schedule(entry: TimerEntry, deadlineMs: number): void {
    entry.deadlineMs = deadlineMs;
    if (entry.slot !== -1) {
      if (deadlineMs >= entry.linkedForMs) return;
      this.#unlink(entry);
    }
    if (deadlineMs === Infinity) return;
    this.#start();
    this.#link(entry);
  }

  /** The entry will not fire. Safe for an entry that is not scheduled. */
  cancel(entry: TimerEntry): void {
    entry.deadlineMs = Infinity;
    if (entry.slot !== -1) this.#unlink(entry);
  }

  #tickOf(timeMs: number): number {
    return Math.floor(timeMs / this.#tickMs);
  }

  #start(): void {
    if (this.#timer !== null) return;
    this.#lastTick = this.#tickOf(this.#now());
    this.#timer = setInterval(() => this.#turn(), this.#tickMs);
    this.#timer.unref();
  }

  #link(entry: TimerEntry): void {
    // At least the next tick, at most one turn of the wheel from now; the rest is waited for by linking again.
    const wanted = Math.ceil(entry.deadlineMs / this.#tickMs);
    const tick = Math.min(Math.max(wanted, this.#lastTick + 1), this.#lastTick + SLOTS);
    entry.slot = tick % SLOTS;
    entry.linkedForMs = tick * this.#tickMs;
    entry.previous = null;
    entry.next = this.#slots[entry.slot] ?? null;
    if (entry.next !== null) entry.next.previous = entry;
    this.#slots[entry.slot] = entry;
    this.#linked += 1;
  }

  #unlink(entry: TimerEntry): void {
    if (entry.previous === null) this.#slots[entry.slot] = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next !== null) entry.next.previous = entry.previous;
    entry.slot = -1;
    entry.previous = null;
    entry.next = null;
    this.#linked -= 1;
  }

  #turn(): void {
    const now = this.#now();
    const target = this.#tickOf(now);
    // After a long stall one turn of the wheel visits every slot; more turns would find nothing new.
    const from = Math.max(this.#lastTick + 1, target - SLOTS + 1);
    this.#lastTick = target;
    for (let tick = from; tick <= target; tick += 1) this.#expire(tick % SLOTS, now);
    if (this.#linked > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #expire(slot: number, now: number): void {
    let entry = this.#slots[slot] ?? null;
    while (entry !== null) {
      if (entry.linkedForMs > now) {
        entry = entry.next;
        continue;
      }
      this.#unlink(entry);
      if (entry.deadlineMs <= now) entry.fire();
      else if (entry.deadlineMs !== Infinity) this.#link(entry);
      // From the head again: `fire` may have unlinked any other entry.
      entry = this.#slots[slot] ?? null;
    }
  }
}
