import type { ResponseHead } from '../stack/http-service.ts';
import { DECAY_MS, DEFAULT_RTT_MS, PeakEwma } from './peak-ewma.ts';

/** How a balancer reckons what an endpoint costs. Times in milliseconds. */
export interface LoadOptions {
  /** Of an endpoint that has not answered yet. */
  readonly defaultRttMs: number;
  readonly decayMs: number;
  /** Null: failing is not counted as slow. */
  readonly penalty: PenaltyOptions | null;
}

export interface PenaltyOptions {
  readonly penaltyMs: number;
  /** An endpoint that asks for a longer pause is given this. */
  readonly maxRetryAfterMs: number;
  readonly decayMs: number;
}

export const PEAK_EWMA: LoadOptions = {
  defaultRttMs: DEFAULT_RTT_MS,
  decayMs: DECAY_MS,
  penalty: null,
};

/** gRPC statuses by which an endpoint says that it, not the request, is at fault. */
const PENALIZED_GRPC: ReadonlySet<number> = new Set([2, 4, 8, 13, 14, 15]);

/**
 * Makes an endpoint that answers quickly with errors look slow, so that it draws no requests by failing fast
 * (linkerd2-proxy, penalty peak EWMA). A pause that it asks for itself counts where it is longer.
 */
export class LoadPenalty {
  readonly #options: PenaltyOptions;
  readonly #ewma: PeakEwma;

  constructor(options: PenaltyOptions, nowMs: number) {
    this.#options = options;
    this.#ewma = new PeakEwma(nowMs, 0, options.decayMs);
  }

  /** @param grpcStatus of the head, -1 for none. True: the answer was penalized, and its time says nothing. */
  answered(head: ResponseHead, grpcStatus: number, nowMs: number): boolean {
    const { status } = head;
    if (status !== 429 && status < 500 && !PENALIZED_GRPC.has(grpcStatus)) return false;
    const { penaltyMs, maxRetryAfterMs } = this.#options;
    const askedMs = Math.min(pauseOf(head), maxRetryAfterMs);
    this.#ewma.observe(Math.max(penaltyMs, askedMs), nowMs);
    return true;
  }

  read(nowMs: number): number {
    return this.#ewma.read(nowMs);
  }
}

/** 0 where it asks for none in a number. */
function pauseOf(head: ResponseHead): number {
  const pushbackMs = wholeNumber(head.header('grpc-retry-pushback-ms'));
  return pushbackMs > 0 ? pushbackMs : wholeNumber(head.header('retry-after')) * 1000;
}

function wholeNumber(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
