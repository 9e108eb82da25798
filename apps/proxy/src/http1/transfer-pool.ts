/** Transfers between requests: an idle connection, of which there are many, has none. */
import type { CodecContext } from '../stack/connection.ts';
import { Transfer } from './transfer.ts';

/** Kept for the next requests; more under way at once are made and thrown away. */
const MAX_IDLE = 256;

export class TransferPool {
  readonly #idle: Transfer[] = [];
  readonly #context: CodecContext;

  constructor(context: CodecContext) {
    this.#context = context;
  }

  /** The context's pool, made on first use. */
  static of(context: CodecContext): TransferPool {
    let pool = pools.get(context);
    if (pool === undefined) {
      pool = new TransferPool(context);
      pools.set(context, pool);
    }
    return pool;
  }

  take(): Transfer {
    return this.#idle.pop() ?? new Transfer(this.#context);
  }

  /** @param transfer whose exchange has ended; the caller lets go of it. */
  giveBack(transfer: Transfer): void {
    transfer.release();
    if (this.#idle.length < MAX_IDLE) this.#idle.push(transfer);
  }
}

const pools = new WeakMap<CodecContext, TransferPool>();
