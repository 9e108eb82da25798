import type { BodyTap } from '../stack/http-service.ts';
import type { HeaderField } from './hpack/header-field.ts';
import type { BodyTarget, ClientSide } from './request-sides.ts';

/** Shared, never written to: most requests have no body. */
const NO_CHUNKS: Buffer[] = [];

/**
 * A request's body on its way upstream. Until an attempt is there it waits here, bounded by the client's stream window;
 * for a request that may be retried a copy is kept up to the exchange's limit, and sent again.
 */
export class RequestBody {
  readonly #source: Pick<ClientSide, 'consumed'>;
  #target: BodyTarget | null = null;
  #kept: Buffer[] = NO_CHUNKS;
  #keptBytes = 0;
  #maxKeptBytes = Infinity;
  #isWhole = true;
  #hasEnded = false;
  #trailers: readonly HeaderField[] | null = null;
  /** Given back to the client's window. */
  #consumedBytes = 0;
  /** Of the current attempt. */
  #sentBytes = 0;

  /** @param source the client's side. */
  constructor(source: Pick<ClientSide, 'consumed'>) {
    this.#source = source;
  }

  /** Everything since the first byte is still here: another attempt can be made. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Its last byte has come. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The request ended with its head. */
  get isEmpty(): boolean {
    return this.#hasEnded && this.#isWhole && this.#keptBytes === 0 && this.#trailers === null;
  }

  /** What has come so far. */
  showTo(tap: BodyTap): void {
    for (const chunk of this.#kept) tap.request(chunk);
  }

  /** @param bytes kept for another attempt; 0 keeps nothing once an attempt has begun. */
  keepUpTo(bytes: number): void {
    this.#maxKeptBytes = bytes;
  }

  /** Nothing is sent to the current attempt any more. */
  detach(): void {
    this.#target = null;
    this.#sentBytes = 0;
  }

  /** Begins (again) from the first byte. Only while {@link isWhole}. */
  attach(target: BodyTarget): void {
    this.#target = target;
    this.#sentBytes = 0;
    for (const chunk of this.#kept) target.send(chunk);
    if (this.#keptBytes > 0 && this.#keptBytes > this.#maxKeptBytes) this.#letGo();
    if (this.#hasEnded) this.#endTarget(target);
  }

  add(chunk: Buffer): void {
    if (this.#target !== null) {
      this.#target.send(chunk);
      if (!this.#isWhole) return;
      if (this.#keptBytes + chunk.length > this.#maxKeptBytes) return this.#letGo();
      // A copy: a slice would keep the whole read it came with.
      this.#keep(Buffer.from(chunk));
    } else if (this.#isWhole) this.#keep(chunk);
    // Between attempts, but there will be none: the answer is already on its way.
    else this.#source.consumed(chunk.length);
  }

  #keep(chunk: Buffer): void {
    if (this.#kept === NO_CHUNKS) this.#kept = [chunk];
    else this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
  }

  end(trailers: readonly HeaderField[] | null): void {
    this.#hasEnded = true;
    this.#trailers = trailers;
    if (this.#target !== null) this.#endTarget(this.#target);
  }

  /** Bytes have left toward the current attempt: the client may send as many more. */
  sent(bytes: number): void {
    this.#sentBytes += bytes;
    const fresh = this.#sentBytes - this.#consumedBytes;
    if (fresh <= 0) return;
    this.#consumedBytes = this.#sentBytes;
    this.#source.consumed(fresh);
  }

  #letGo(): void {
    this.#isWhole = false;
    this.#kept = NO_CHUNKS;
    this.#keptBytes = 0;
  }

  #endTarget(target: BodyTarget): void {
    if (this.#trailers === null) target.end();
    else target.sendTrailers(this.#trailers);
  }
}
