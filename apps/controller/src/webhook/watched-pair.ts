import type { ServingPair } from './certificate-source.ts';

/** The newest pair and who wants to know of the next. */
export class WatchedPair {
  #pair: ServingPair | null = null;
  readonly #listeners: ((pair: ServingPair) => void)[] = [];

  current(): ServingPair | null {
    return this.#pair;
  }

  onChange(listener: (pair: ServingPair) => void): void {
    this.#listeners.push(listener);
  }

  /** Whether this pair is another than the last. */
  set(pair: ServingPair): boolean {
    const last = this.#pair;
    if (last !== null && last.certPem === pair.certPem && last.keyPem === pair.keyPem) return false;
    this.#pair = pair;
    for (const listener of this.#listeners) listener(pair);
    return true;
  }
}
