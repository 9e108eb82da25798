import type { HeaderField } from './header-field.ts';

/** The decoder's dynamic table, RFC 7541 section 2.3.2: a ring, newest entry first. */
export class DynamicTable {
  #ring: (HeaderField | undefined)[] = Array.from({ length: 16 }, () => undefined);
  /** Ring position the next entry takes. */
  #head = 0;
  #count = 0;
  #size = 0;
  #maxSize: number;

  /** @param maxSize bytes by RFC 7541 section 4.1. */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get count(): number {
    return this.#count;
  }

  get size(): number {
    return this.#size;
  }

  /** @param position 0 is the newest entry. */
  at(position: number): HeaderField | undefined {
    if (position >= this.#count) return undefined;
    return this.#ring[(this.#head - 1 - position) & (this.#ring.length - 1)];
  }

  /** Evicts what no longer fits; an entry larger than the table empties it (RFC 7541 section 4.4). */
  add(field: HeaderField): void {
    const { size } = field;
    this.#evictUntil(this.#maxSize - size);
    if (size > this.#maxSize) return;
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[this.#head] = field;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#count += 1;
    this.#size += size;
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#evictUntil(maxSize);
  }

  #evictUntil(wanted: number): void {
    while (this.#size > wanted && this.#count > 0) {
      const oldest = (this.#head - this.#count) & (this.#ring.length - 1);
      this.#size -= (this.#ring[oldest] as HeaderField).size;
      this.#ring[oldest] = undefined;
      this.#count -= 1;
    }
  }

  #grow(): void {
    const entries = Array.from({ length: this.#count }, (_, i) => this.at(this.#count - 1 - i));
    const length = this.#ring.length * 2;
    this.#ring = Array.from({ length }, (_, i) => entries[i]);
    this.#head = this.#count;
  }
}
