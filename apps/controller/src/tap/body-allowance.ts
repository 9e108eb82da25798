import type { TapBody, TapExchange } from '@tulle/model';

/** Of the text of bodies; rows are kept for viewers who come later, so what one tap carries a second is bounded. */
const CHARACTERS_PER_SECOND = 128 * 1024;
const BURST_CHARACTERS = 1024 * 1024;

/** Lets bodies pass as far as one tap may carry them. */
export class BodyAllowance {
  readonly #now: () => number;
  #left = BURST_CHARACTERS;
  #filledAtMs: number;

  /** @param now milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#filledAtMs = now();
  }

  /** The exchange, without the text of bodies that are too much now. */
  pass(exchange: TapExchange): TapExchange {
    const { requestBody, responseBody } = exchange;
    const size = (requestBody?.text?.length ?? 0) + (responseBody?.text?.length ?? 0);
    if (size === 0) return exchange;
    const nowMs = this.#now();
    const fresh = ((nowMs - this.#filledAtMs) * CHARACTERS_PER_SECOND) / 1000;
    this.#left = Math.min(BURST_CHARACTERS, this.#left + Math.max(0, fresh));
    this.#filledAtMs = nowMs;
    if (size > this.#left) {
      const without = {
        requestBody: withoutText(requestBody),
        responseBody: withoutText(responseBody),
      };
      return { ...exchange, ...without };
    }
    this.#left -= size;
    return exchange;
  }
}

function withoutText(body: TapBody | null | undefined): TapBody | null {
  if (body === null || body === undefined) return null;
  return body.text === null ? body : { ...body, text: null, omitted: 'rate' };
}
