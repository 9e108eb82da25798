/** A target that can be given up. */
export interface Closable {
  close(): void;
}

interface Entry<T> {
  readonly target: T;
  users: number;
  idleTimer: NodeJS.Timeout | null;
}

/** Past this many targets an idle one is given up at once instead of kept: an application may dial any address. */
const MAX_KEPT = 10_000;

/** Targets by original destination: shared while in use, then kept for a while. */
export class TargetCache<T extends Closable> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #idleTimeoutMs: number;

  constructor(idleTimeoutMs: number) {
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @param make gets what to call when one user is done. */
  use(key: string, make: (release: () => void) => T): T {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const target = make(() => this.#release(key));
      entry = { target, users: 0, idleTimer: null };
      this.#entries.set(key, entry);
    }
    if (entry.idleTimer !== null) clearTimeout(entry.idleTimer);
    entry.idleTimer = null;
    entry.users++;
    return entry.target;
  }

  closeAll(): void {
    for (const entry of this.#entries.values()) {
      if (entry.idleTimer !== null) clearTimeout(entry.idleTimer);
      entry.target.close();
    }
    this.#entries.clear();
  }

  #release(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || --entry.users > 0) return;
    const idleMs = this.#entries.size > MAX_KEPT ? 0 : this.#idleTimeoutMs;
    entry.idleTimer = setTimeout(() => {
      this.#entries.delete(key);
      entry.target.close();
    }, idleMs).unref();
  }
}
