/** Flow control, RFC 9113 section 6.9. */
export const MAX_WINDOW = 0x7fffffff;
export const DEFAULT_WINDOW = 65_535;

/** What the peer lets us send. May be negative after SETTINGS_INITIAL_WINDOW_SIZE shrank. */
export class SendWindow {
  available: number;

  constructor(available: number) {
    this.available = available;
  }

  /** @returns false when the window would pass 2^31-1: a FLOW_CONTROL_ERROR. */
  grow(bytes: number): boolean {
    if (this.available + bytes > MAX_WINDOW) return false;
    this.available += bytes;
    return true;
  }
}

/** What we let the peer send. Bytes return to the window when they have been passed on, in updates of half the window. */
export class ReceiveWindow {
  readonly #size: number;
  #available: number;
  #owed = 0;

  constructor(size: number) {
    this.#size = size;
    this.#available = size;
  }

  /** Bytes the peer has sent that were not passed on yet, and those whose update is still owed. */
  get used(): number {
    return this.#size - this.#available;
  }

  /** @returns false when the peer sent more than it may: a FLOW_CONTROL_ERROR. */
  take(bytes: number): boolean {
    if (bytes > this.#available) return false;
    this.#available -= bytes;
    return true;
  }

  /** @returns the increment to send now, 0 when it can wait. */
  giveBack(bytes: number): number {
    this.#owed += bytes;
    if (this.#owed < this.#size / 2) return 0;
    const increment = this.#owed;
    this.#owed = 0;
    this.#available += increment;
    return increment;
  }
}
