/** The input under way, where another thread can read it when the one that tries it hangs. */
export const INPUT_BYTES = 1 << 16;
/** Before it: how many inputs have begun, and the length of this one. */
export const INPUT_AT = 8;

export class InputSlot {
  readonly #numbers: Int32Array;
  readonly #bytes: Uint8Array;

  /** @param memory of {@link INPUT_AT} + {@link INPUT_BYTES} bytes. */
  constructor(memory: SharedArrayBuffer) {
    this.#numbers = new Int32Array(memory, 0, 2);
    this.#bytes = new Uint8Array(memory, INPUT_AT);
  }

  /** Inputs begun. */
  get began(): number {
    return Atomics.load(this.#numbers, 0);
  }

  begin(input: Buffer): void {
    const kept = input.subarray(0, INPUT_BYTES);
    this.#bytes.set(kept);
    this.#numbers[1] = kept.length;
    Atomics.add(this.#numbers, 0, 1);
  }

  read(): Buffer {
    return Buffer.from(this.#bytes.slice(0, this.#numbers[1]));
  }
}
