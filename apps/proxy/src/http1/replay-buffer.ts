/** The request body sent so far, by reference, so that the request can be sent again; given up past its limit. */
export class ReplayBuffer {
  /** True while everything sent is kept. */
  intact = true;
  readonly chunks: Buffer[] = [];
  #limitBytes = 0;
  #bytes = 0;

  /** @param limitBytes 0: a request with a body cannot be sent again. */
  reset(limitBytes: number): void {
    this.intact = true;
    this.#limitBytes = limitBytes;
    this.#bytes = 0;
    if (this.chunks.length > 0) this.chunks.length = 0;
  }

  add(chunk: Buffer): void {
    if (!this.intact || chunk.length === 0) return;
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#limitBytes) {
      this.chunks.push(chunk);
      return;
    }
    this.intact = false;
    this.chunks.length = 0;
  }
}
